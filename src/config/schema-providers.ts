// The shape of providers: who is called, how it authenticates us, and what single APIs need beside that.

import { z } from 'zod'
import { providerApis } from '../providers/index.ts'
import { presets, type PresetName } from '../providers/presets.ts'
import { parseProviderUrl } from './parse-provider-url.ts'
import type { ProviderApiName } from './runtime-config.ts'
import { providerPrice } from './schema-prices.ts'
import { environmentName, filePath, headerName, headerValue, named, parsedText, secretSource } from './schema-names.ts'

// Object.keys loses the type of the keys that both tables are declared with.
export const apiNames = Object.keys(providerApis) as ProviderApiName[]
const presetNames = Object.keys(presets) as PresetName[]
const apiRule = `${apiNames.join(', ')}; for OpenAI's API at another address ${presetNames.join(', ')}, or openai with a url`

const secret = {
  env: z.strictObject({ env: environmentName.describe('Environment variable that holds the secret, read for every attempt.') }),
  file: z.strictObject({ file: filePath.describe('File that holds nothing but the secret; read again when it changes.') }),
}

const awsRule = 'default, or a mapping with profile, role_arn or external_id'
const aws = z
  .union(
    [
      z.literal('default', { error: awsRule }),
      z.strictObject({
        profile: named(/^[\w.@/+-]{1,128}$/, 'the name of a profile in ~/.aws/config').optional().describe('Profile of the shared AWS configuration.'),
        role_arn: named(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'the ARN of a role, arn:aws:iam::123456789012:role/name')
          .optional()
          .describe('Role to assume with what the chain gives.'),
        external_id: named(/^[\w+=,.@:/-]{2,1224}$/, "the external id that the role's trust policy asks for").optional().describe('Only with role_arn.'),
      }),
    ],
    { error: awsRule },
  )
  .describe("AWS's default chain: environment, web identity, shared files, SSO, container, instance. Temporary credentials are renewed in time.")

const googleRule = 'default, or {file: path/to/credentials.json}'
const google = z
  .union([z.literal('default', { error: googleRule }), z.strictObject({ file: filePath.describe('JSON file of a service account or of workload identity federation.') })], { error: googleRule })
  .describe("Google's application default credentials: $GOOGLE_APPLICATION_CREDENTIALS, gcloud, workload identity, metadata server.")

const entraId = named(/^[\w.-]{1,200}$/, 'an id such as 01234567-89ab-cdef-0123-456789abcdef')
const entraRule = 'default, or a mapping with tenant_id, client_id or client_secret'
const entra = z
  .union(
    [
      z.literal('default', { error: entraRule }),
      z.strictObject({
        tenant_id: entraId.optional().describe('Directory (tenant) id.'),
        client_id: entraId.optional().describe('Application (client) id, or the one of a user-assigned managed identity.'),
        client_secret: secretSource
          .optional()
          .describe('Secret of the application; needs tenant_id and client_id. Without it: environment, workload identity, managed identity, az.'),
      }),
    ],
    { error: entraRule },
  )
  .describe("Microsoft Entra ID's default chain, or an application with its secret.")

const credentialRule =
  '{env: NAME_OF_A_VARIABLE} or {file: path/to/secret}, never the secret itself; {aws: default}, {google: default} or {entra: default} for the cloud of the API; none, or left out, for a server that needs none'
const credential = z
  .union([z.literal('none', { error: credentialRule }), secret.env, secret.file, z.strictObject({ aws }), z.strictObject({ google }), z.strictObject({ entra })], { error: credentialRule })
  .describe("Where the secret comes from. Without it: the cloud's default chain where the API is a cloud's, else no credential is sent, as local servers want it.")

export type WrittenCredential = z.output<typeof credential>

export const providerSchema = z
  .strictObject({
    api: z.enum([...apiNames, ...presetNames], { error: apiRule }).describe("The API it speaks, or the name of a provider that speaks OpenAI's."),
    url: parsedText(parseProviderUrl, { allowed: 'http:// or https://, a host, and if needed a port and a path', pattern: '^https?://' })
      .optional()
      .meta({ description: "Base URL, without the final /v1. Default: the API's own; azure-openai has none.", examples: ['http://127.0.0.1:8000'] }),
    path_prefix: named(/^\/(?:[\w~-][\w.~-]*(?:\/[\w~-][\w.~-]*)*)?$/, 'a path such as /openai/v1, without a slash at the end; / when nothing stands before /chat/completions')
      .optional()
      .describe("What this provider has instead of the /v1 in front of OpenAI's paths. Default: /v1, or the preset's."),
    region: named(/^[a-z]{2,}(?:-[a-z0-9]+)+$/, 'an AWS region, such as us-east-1').optional().describe('AWS region; only for Bedrock, and required there.'),
    project: named(/^[a-z0-9][a-z0-9.:-]{1,100}$/, 'the id or number of a Google Cloud project, such as my-project-123')
      .optional()
      .describe('Google Cloud project; only for Vertex AI, and required there.'),
    location: named(/^[a-z][a-z0-9-]{0,40}$/, 'a Google Cloud location, such as europe-west1 or global')
      .optional()
      .describe('Google Cloud location; only for Vertex AI, and required there.'),
    api_version: named(/^(?:\d{4}-\d{2}-\d{2}(?:-preview)?|v1|preview)$/, 'a version such as 2024-10-21 or 2025-04-01-preview, or preview for the v1 API')
      .optional()
      .describe('Version of Azure OpenAI: with a date its API with deployments in the path, where model is the name of the deployment. Default: the v1 API.'),
    credential: credential.optional(),
    headers: z.record(headerName, headerValue).optional().describe('Request headers to set on every attempt at this provider. Not for secrets.'),
    price: providerPrice.optional(),
    ca_file: filePath.optional().describe("PEM file with the certificate authorities to trust instead of the system's; only with https."),
  })
  .describe('Who is called, and how it authenticates us.')
