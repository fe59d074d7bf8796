// Is never ready, and hears nothing.
process.on('SIGTERM', () => {});
process.stdin.resume();
setInterval(() => {}, 1000);
