// What the tests' pages run in place of ours: each order is answered, by its id, with what it gave.
const orders = {
  echo: ({ value }) => value,
  /** Leaves traces wherever a page can. */
  keep({ value }) {
    globalThis.kept = value;
    // biome-ignore lint/suspicious/noDocumentCookie: of the plainest kind
    document.cookie = `kept=${value}; max-age=1000; secure`;
    localStorage.setItem('kept', value);
    sessionStorage.setItem('kept', value);
    return true;
  },
  look: () => [globalThis.kept ?? null, document.cookie, localStorage.getItem('kept'), sessionStorage.getItem('kept')],
  /** Says so many lines without waiting for anybody. */
  flood({ lines, bytes }) {
    const line = JSON.stringify({ flood: 'x'.repeat(bytes) });
    for (let i = 0; i < lines; i++) globalThis.roomdSay(line);
    return lines;
  },
  say: ({ line }) => void globalThis.roomdSay(line),
  number: () => void globalThis.roomdSay(17),
  hang() {
    globalThis.roomdSay('{"hangs":true}');
    for (;;);
  },
  throw() {
    throw new Error('as it was told to');
  },
  log({ lines, bytes }) {
    for (let i = 0; i < lines; i++) console.log({ text: `${'x'.repeat(bytes)}${i}` });
    return lines;
  },
  complain: ({ text }) => console.error(text),
  async camera() {
    try {
      await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      return 'given';
    } catch (error) {
      return error.name;
    }
  },
  load: ({ url }) =>
    new Promise((resolve) => {
      const script = document.createElement('script');
      script.src = url;
      script.onload = () => resolve('loaded');
      script.onerror = () => resolve('refused');
      document.head.append(script);
    }),
  fetch: ({ url }) =>
    fetch(url).then(
      ({ status }) => status,
      () => 'refused',
    ),
  evaluate() {
    try {
      return Function('return 17')();
    } catch (error) {
      return error.name;
    }
  },
  go: ({ url }) => void location.assign(url),
  reload: () => void location.reload(),
  client: () => typeof globalThis.Daily,
};

globalThis.roomdTake = (line) => {
  const order = JSON.parse(line);
  const answer = orders[order.do](order);
  Promise.resolve(answer).then((result) =>
    globalThis.roomdSay(JSON.stringify({ id: order.id, result: result ?? null })),
  );
};
