// The shape of `callers`, and of the listener's TLS that client certificates need.

import { z } from 'zod'
import { jwksUrlRule, parseJwksUrl } from './parse-jwks-url.ts'
import { attributeName, filePath, headerName, modelName, named, parsedText } from './schema-names.ts'

const audienceText = named(/^[!-~]{1,300}$/, 'a text of printable ASCII characters without spaces')
export const claimName = named(/^[!-~]{1,200}$/, 'the name of a claim, such as sub, or nested by dots, such as org.team')
const issuer = named(/^[!-~]{1,300}$/, 'the issuer exactly as its tokens name it in iss, such as https://login.example.com/')

const patternsRule = 'a list of model names, in which * stands for any characters, such as [gpt-4o, "claude*"]'
export const modelPatterns = z.array(modelName, { error: patternsRule })

const headersSchema = z
  .record(attributeName, headerName, { error: 'caller attributes with their headers, such as {user: x-user-id}' })
  .refine((headers) => Object.keys(headers).length > 0, { error: 'at least one attribute with its header, such as {user: x-user-id}' })

const keysRule = 'the path of a file of keys, such as ./keys.yaml, or store for keys in the Redis of `store`'
// oxlint-disable-next-line no-control-regex -- keeping control characters out is the point
const keysSchema = named(/^(?!.*:\/\/)[^\u0000-\u001f]+$/, keysRule)

const jwksRule = 'where the keys of the issuer are: {url: https://…} or {file: PATH}'
export const jwksSchema = z.union(
  [
    z.strictObject({
      url: parsedText(parseJwksUrl, { allowed: jwksUrlRule, pattern: '^[hH][tT][tT][pP][sS]?://' }).describe('Its JSON Web Key Set. Envoy fetches it, and again every 5 minutes.'),
      ca_file: filePath.optional().describe('PEM file with the certificate authorities to trust instead of the system\'s; only with https.'),
    }),
    z.strictObject({ file: filePath.describe('A JSON Web Key Set. Envoy reads it when it takes its configuration.') }),
  ],
  { error: jwksRule },
)

export const jwtSchema = z.strictObject(
  {
    issuer: issuer.describe('Exactly the iss of its tokens.'),
    audiences: z
      .array(audienceText, { error: 'a list of audiences, such as [tollgate]' })
      .default([])
      .describe('One of them must be in aud. Without any, every token of the issuer is good, whatever it was made for.'),
    jwks: jwksSchema.describe('The keys of the issuer.'),
    claims: z
      .record(attributeName, claimName, { error: 'caller attributes with their claims, such as {user: sub, team: org.team}' })
      .refine((claims) => Object.keys(claims).length > 0, { error: 'at least one attribute with its claim, such as {user: sub}' })
      .describe('Attribute → claim that holds it, nested by dots.'),
    models_claim: claimName.optional().describe('The claim with the models that a token is good for: a list, or names separated by spaces. A token without it is good for none.'),
  },
  { error: 'a mapping with issuer, jwks and claims' },
)

const certificateField = z.enum(['uri', 'dns', 'subject'], { error: 'uri, dns or subject' })
export const certificateSchema = z
  .record(attributeName, certificateField, { error: 'caller attributes with what names them in the certificate, such as {user: uri}' })
  .refine((fields) => Object.keys(fields).length > 0, { error: 'at least one attribute with what names it, such as {user: uri}' })

export const callerSchema = z
  .strictObject({
    api_keys: keysSchema
      .optional()
      .describe("Tollgate's own API keys, made by `tollgate keys new`: the path of the file that holds their hashes, or store for the Redis of `store`."),
    attributes: z
      .array(attributeName, { error: 'a list of attribute names, such as [project]' })
      .optional()
      .describe('With api_keys: what keys may say of their holder beside user, team and key_id.'),
    jwt: jwtSchema.optional().describe("Tokens (JWT) that Envoy's jwt_authn verifies before Tollgate sees the request."),
    certificate: certificateSchema
      .optional()
      .describe('Attribute → what names it in the client certificate that Envoy has verified: its first uri or dns name, or its subject.'),
    headers: headersSchema
      .optional()
      .describe('Attribute → request header that holds it. Only behind something that sets these headers itself: Tollgate believes them.'),
    models: modelPatterns.optional().describe('The models that callers of this source may use, as names or patterns with *. Without it: every model.'),
  })
  .describe('A source of caller identity; the first that yields a caller wins.')

export const listenerTlsSchema = z
  .strictObject(
    {
      cert_file: filePath.describe('PEM file with the certificate of the listener and its chain.'),
      key_file: filePath.describe('PEM file with its private key.'),
      client_ca_file: filePath
        .optional()
        .describe('PEM file with the authorities of client certificates. Clients must have one, unless `callers` also has other sources than certificate.'),
    },
    { error: 'a mapping with cert_file and key_file' },
  )
  .describe('TLS for clients, ended by Envoy. Without it: plain HTTP.')
