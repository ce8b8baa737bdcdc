// What a page of the admin interface is asked and what it answers.

export type AdminMethod = 'GET' | 'HEAD' | 'POST' | 'DELETE'

export interface AdminRequest {
  readonly method: AdminMethod
  readonly path: string
  readonly query: URLSearchParams
  /** What the JSON of a POST or DELETE says; undefined without one. */
  readonly body: unknown
}

export interface AdminAnswer {
  readonly status: number
  readonly contentType: string
  /** Pieces are sent as they come, and no longer asked for once the client has gone. */
  readonly body: string | AsyncIterable<string | Uint8Array>
  /** Further ones; lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
}

export type AdminHandler = (request: AdminRequest) => AdminAnswer | Promise<AdminAnswer>

export interface AdminPage {
  /** `open`: for whoever can connect. `read`: for readers, whatever the method. Undefined: GET and HEAD for readers, the rest for writers. */
  readonly access?: 'open' | 'read'
  /** Also answers HEAD. */
  readonly GET?: AdminHandler
  readonly POST?: AdminHandler
  readonly DELETE?: AdminHandler
}

/** Path → page. */
export type AdminPages = Readonly<Record<string, AdminPage>>

export function textAnswer(body: string, status = 200): AdminAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body }
}

export function jsonAnswer(value: unknown, status = 200): AdminAnswer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` }
}

export interface AdminProblem {
  readonly status: number
  /** For programs: lower-case words, joined by `_`. */
  readonly code: string
  /** For people: what is wrong and what to do. Never a secret. */
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

/** `{"error": {"code": …, "message": …}}`, the one shape in which the admin interface refuses. */
export function problemAnswer({ status, code, message, headers = {} }: AdminProblem): AdminAnswer {
  return { ...jsonAnswer({ error: { code, message } }, status), headers }
}
