import { isIPv4 } from 'node:net';

/** Whether a host to listen on can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host.toLowerCase() === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** The same for a Host header: IPv6 stands in brackets there, and a port may follow. */
export function namesLoopback(header: string): boolean {
  const [, ipv6, name = ''] = /^(?:\[([^\]]*)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(header) ?? [];
  return ipv6 === undefined ? isLoopback(name) : ipv6 === '::1';
}
