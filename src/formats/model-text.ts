// How much a model wrote, for estimates when nobody says the tokens. Works on JSON that is held as latin1, one character per byte: V8 searches
// such strings several times faster than Buffers.

// Members whose string values are what a model wrote, in the dialects we know: OpenAI chat, completions and responses, DeepSeek and vLLM
// (`reasoning_content`), OpenRouter and Groq (`reasoning`), Anthropic (`thinking`, `partial_json`). Quotes inside of text are escaped, so
// text cannot look like a member. Names spelled with escapes are missed.
const textMember = /"(?:content|text|reasoning_content|reasoning|refusal|arguments|thinking|partial_json|transcript|code)"\s*:\s*"/g
const newTextMember = /"(?:delta|choices)"\s*:\s*/g
const soundEvent = /"type"\s*:\s*"[a-z_.]*audio\.delta"/

const QUOTE = 0x22

/** Bytes of model text in `json`, escapes counted as written. */
export function countTextBytes(json: string, from = 0): number {
  let bytes = 0
  textMember.lastIndex = from
  while (textMember.test(json)) {
    const start = textMember.lastIndex
    const end = stringEnd(json, start)
    bytes += end - start
    textMember.lastIndex = end
  }
  return bytes
}

/** Bytes of model text that an event of a stream adds: in its `choices` or `delta`. Base64 sound is none. 0 for events that repeat or describe. */
export function countNewTextBytes(json: string): number {
  newTextMember.lastIndex = 0
  if (!newTextMember.test(json)) return 0
  const start = newTextMember.lastIndex
  if (json.charCodeAt(start) !== QUOTE) return countTextBytes(json, start)
  return soundEvent.test(json) ? 0 : stringEnd(json, start + 1) - start - 1
}

/** Offset of the quote that closes the string whose content starts at `from`; the length when it is not closed. */
function stringEnd(json: string, from: number): number {
  let at = from
  for (;;) {
    const quote = json.indexOf('"', at)
    if (quote === -1) return json.length
    // An odd number of backslashes before it escapes the quote. Those runs do not overlap, so this stays linear.
    let backslashes = 0
    while (quote - backslashes > at && json[quote - backslashes - 1] === '\\') backslashes += 1
    if (backslashes % 2 === 0) return quote
    at = quote + 1
  }
}
