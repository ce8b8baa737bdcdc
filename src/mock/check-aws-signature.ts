// AWS Signature Version 4 checked as AWS does, by hand and apart from the library that Tollgate signs with: what one of the two gets wrong, the
// other refuses. Source: docs.aws.amazon.com, IAM user guide, "Create a signed AWS API request".

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { MockHeaders } from './instructions.ts'
import type { HeaderRefusal, SignedRequest } from './provider-behaviour.ts'

/** The mock's account: the key of AWS's own examples. */
export const mockAwsKey = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' } as const

const algorithm = 'AWS4-HMAC-SHA256'
const requiredHeaders = ['host', 'x-amz-date']

interface Signature {
  readonly accessKeyId: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

/** Whether the header is a signature at all. */
export function isAwsSignature(authorization: string): boolean {
  return authorization.startsWith(algorithm)
}

/** What AWS says to a signature that it does not take; undefined for one that fits. The date is not held against the clock: tests move it. */
export function checkAwsSignature(headers: MockHeaders, request: SignedRequest, service: string): HeaderRefusal | undefined {
  const signature = parseSignature(textOf(headers['authorization']))
  if (signature === undefined) return refused('IncompleteSignatureException', 'Authorization header requires a Credential, SignedHeaders and Signature parameter.')
  const date = textOf(headers['x-amz-date'])
  if (!/^\d{8}T\d{6}Z$/.test(date) || !date.startsWith(signature.date)) return refused('InvalidSignatureException', 'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.')
  if (signature.service !== service) return refused('InvalidSignatureException', `Credential should be scoped to correct service: '${service}'.`)
  const missing = requiredHeaders.find((name) => !signature.signedHeaders.includes(name))
  if (missing !== undefined) return refused('InvalidSignatureException', `'${missing}' must be a 'SignedHeader' in the AWS Authorization.`)
  if (signature.accessKeyId !== mockAwsKey.accessKeyId) return refused('UnrecognizedClientException', 'The security token included in the request is invalid.')
  const expected = Buffer.from(sign(canonicalRequest(headers, request, signature.signedHeaders), date, signature))
  const given = Buffer.from(signature.signature)
  if (given.length === expected.length && timingSafeEqual(given, expected)) return undefined
  return refused('InvalidSignatureException', 'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.')
}

function parseSignature(authorization: string): Signature | undefined {
  const members = new Map(authorization.slice(algorithm.length).split(',').map((member) => [member.slice(0, member.indexOf('=')).trim(), member.slice(member.indexOf('=') + 1).trim()]))
  const [accessKeyId, date, region, service, end] = (members.get('Credential') ?? '').split('/')
  const [signedHeaders, signature] = [members.get('SignedHeaders'), members.get('Signature')]
  if (accessKeyId === undefined || date === undefined || region === undefined || service === undefined || end !== 'aws4_request') return undefined
  if (signedHeaders === undefined || signature === undefined) return undefined
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(';'), signature }
}

function canonicalRequest(headers: MockHeaders, { method, path, query, body }: SignedRequest, signedHeaders: readonly string[]): string {
  // Every service but S3 encodes the path once more: a model's `:` arrives as %3A and is signed as %253A.
  const canonicalPath = path.split('/').map(encode).join('/')
  const canonicalQuery = query.split('&').filter((pair) => pair !== '').toSorted().join('&')
  const canonicalHeaders = signedHeaders.map((name) => `${name}:${textOf(headers[name]).trim().replaceAll(/ +/g, ' ')}\n`).join('')
  return [method, canonicalPath, canonicalQuery, canonicalHeaders, signedHeaders.join(';'), sha256(body)].join('\n')
}

function sign(canonical: string, date: string, { date: day, region, service }: Signature): string {
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = [algorithm, date, scope, sha256(canonical)].join('\n')
  const key = [day, region, service, 'aws4_request'].reduce<Buffer>((last, part) => hmac(last, part), Buffer.from(`AWS4${mockAwsKey.secretAccessKey}`))
  return hmac(key, text).toString('hex')
}

function encode(segment: string): string {
  return encodeURIComponent(segment).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

function hmac(key: Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest()
}

function textOf(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value ?? []).join(',')
}

function refused(type: string, message: string): HeaderRefusal {
  return { status: 403, message, type }
}
