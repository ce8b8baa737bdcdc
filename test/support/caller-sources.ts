// One source of callers of each kind, for tests that change what matters to them.

import type { CallerCertificate, CallerHeaders, CallerJwt, CallerKeys } from '../../src/config/runtime-config.ts'

export const keySource: CallerKeys = { kind: 'api_keys', place: { kind: 'file', path: '/keys.yaml' }, attributes: new Set(['user', 'team', 'key_id']), models: undefined }

export const jwtSource: CallerJwt = {
  kind: 'jwt',
  issuer: 'https://login.example.com/',
  audiences: ['tollgate'],
  jwks: { kind: 'url', url: 'https://login.example.com/jwks.json', scheme: 'https', host: 'login.example.com', port: 443, caFile: undefined },
  attributes: new Map([['user', 'sub'], ['team', 'org.team']]),
  modelsClaim: undefined,
  models: undefined,
}

export const certificateSource: CallerCertificate = { kind: 'certificate', attributes: new Map([['user', 'uri']]), models: undefined }

export const headerSource: CallerHeaders = { kind: 'headers', attributes: new Map([['user', 'x-user-id']]), models: undefined }
