// As much of multipart/form-data (RFC 7578) as an audio upload needs: the plain fields, and how large the file is.

export interface Form {
  readonly fields: ReadonlyMap<string, string>
  /** Bytes of the parts that have a file name. */
  readonly fileBytes: number
}

/** Undefined when the content type names no boundary. */
export function parseForm(contentType: string, body: Buffer): Form | undefined {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  const name = boundary?.[1] ?? boundary?.[2]
  if (name === undefined) return undefined
  const fields = new Map<string, string>()
  let fileBytes = 0
  const delimiter = `--${name}`
  let at = body.indexOf(delimiter)
  while (at !== -1) {
    const headEnd = body.indexOf('\r\n\r\n', at)
    const next = body.indexOf(delimiter, at + delimiter.length)
    if (headEnd === -1 || next === -1) break
    const head = body.toString('latin1', at, headEnd)
    const content = body.subarray(headEnd + 4, next - 2)
    const field = /\bname="([^"]*)"/i.exec(head)?.[1]
    if (/\bfilename=/i.test(head)) fileBytes += content.length
    else if (field !== undefined) fields.set(field, content.toString('utf8'))
    at = next
  }
  return { fields, fileBytes }
}
