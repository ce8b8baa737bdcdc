// Bedrock's errors: a message in the body, the kind in a header. Source: Bedrock API reference, "Converse", "InvokeModel", errors.

const types: Readonly<Record<number, string>> = {
  400: 'ValidationException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  405: 'UnsupportedOperationException',
  408: 'ModelTimeoutException',
  424: 'ModelErrorException',
  429: 'ThrottlingException',
  500: 'InternalServerException',
  503: 'ServiceUnavailableException',
}

/** `type`: where the status does not tell it. */
export function bedrockErrorHeaders(status: number, type: string | undefined): Readonly<Record<string, string>> {
  const name = type ?? types[status] ?? (status >= 500 ? 'InternalServerException' : 'ValidationException')
  return { 'x-amzn-errortype': `${name}:http://internal.amazon.com/coral/com.amazon.bedrock/` }
}
