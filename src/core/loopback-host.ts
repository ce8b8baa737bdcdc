// Which hosts are this machine itself: nobody else can listen there or connect from elsewhere.

/** True for 127.0.0.0/8, ::1, `localhost` and names under it, with or without brackets. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  return /^127(?:\.(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])){3}$/.test(bare) || bare === '::1' || bare === 'localhost' || bare.endsWith('.localhost')
}
