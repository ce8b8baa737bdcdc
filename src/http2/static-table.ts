// The static table of HPACK (RFC 7541, appendix A): what index 1 to 61 stands for, name and value.

export const staticTable: readonly (readonly [name: string, value: string])[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  ...['200', '204', '206', '304', '400', '404', '500'].map((status) => [':status', status] as const),
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ...namesOnly('accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control content-disposition content-encoding'),
  ...namesOnly('content-language content-length content-location content-range content-type cookie date etag expect expires from host if-match if-modified-since'),
  ...namesOnly('if-none-match if-range if-unmodified-since last-modified link location max-forwards proxy-authenticate proxy-authorization range referer refresh'),
  ...namesOnly('retry-after server set-cookie strict-transport-security transfer-encoding user-agent vary via www-authenticate'),
]

function namesOnly(names: string): (readonly [name: string, value: string])[] {
  return names.split(' ').map((name) => [name, ''])
}
