/** HMAC-SHA-256 as hexadecimal digits. node:crypto is loaded only now: it takes a bot 4 ms, and most never need it. */
export function hmacSha256Hex(key: string, text: string): string {
  const { createHmac } = process.getBuiltinModule('node:crypto');
  return createHmac('sha256', key).update(text).digest('hex');
}
