// Gemini signs its tool calls and wants the signature back with the results; a client of another API keeps nothing but a call's id.
// So the signature travels inside that id, behind a marker, in letters that every API's rule for ids allows (Anthropic: [a-zA-Z0-9_-]+).

/** Stands between an id and the signature that it carries. */
export const signatureMarker = '__sig__'

/** The id that carries this signature to the client; the id itself without one. */
export function withSignature(id: string, signature: string | undefined): string {
  return signature === undefined || signature === '' ? id : `${id}${signatureMarker}${Buffer.from(signature, 'utf8').toString('base64url')}`
}

/**
 * Undoes withSignature; an id that it never made comes back whole. The last marker counts: the base64url of UTF-8 text holds no `__`
 * (that would be a byte above 0xfb), an id may.
 */
export function splitSignature(id: string): { readonly id: string; readonly signature: string | undefined } {
  const at = id.lastIndexOf(signatureMarker)
  if (at === -1) return { id, signature: undefined }
  const encoded = id.slice(at + signatureMarker.length)
  const bytes = Buffer.from(encoded, 'base64url')
  if (encoded === '' || bytes.toString('base64url') !== encoded) return { id, signature: undefined }
  return { id: id.slice(0, at), signature: bytes.toString('utf8') }
}
