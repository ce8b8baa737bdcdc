import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TollgateError } from '../core/errors.ts'
import type { ParsedRequest } from './format.ts'
import { parseMultipartRequest } from './multipart-request.ts'

const type = 'multipart/form-data; boundary=b0undary'

function part(disposition: string, content: string, ...headers: readonly string[]): string {
  return ['--b0undary', `Content-Disposition: form-data; ${disposition}`, ...headers, '', content, ''].join('\r\n')
}

const model = part('name="model"', 'whisper-1')
const sound = part('name="file"; filename="speech.mp3"', 'ID3\u0000\r\n--b0und\r\n\r\n\n', 'Content-Type: audio/mpeg')
const end = '--b0undary--\r\n'

function parse(text: string, contentType: string | undefined = type): ParsedRequest {
  return parseMultipartRequest(Buffer.from(text), contentType)
}

function refused(text: string, message: RegExp, contentType = type): void {
  assert.throws(
    () => parse(text, contentType),
    (thrown) => {
      assert.ok(thrown instanceof TollgateError)
      assert.equal(thrown.code, 'malformed_request')
      assert.match(thrown.message, message)
      return true
    },
  )
}

describe('a multipart request', () => {
  it('tells its model, stream and number of answers', () => {
    const request = parse(sound + part('name="stream"', 'True') + model + part('name=n', '4') + end)
    assert.deepEqual([request.model, request.stream, request.choices, request.usageAsked], ['whisper-1', true, 4, true])
  })

  it('may lack them all', () => {
    const request = parse(sound + end)
    assert.deepEqual([request.model, request.stream, request.choices, request.maxOutputTokens], [undefined, false, 1, undefined])
  })

  it('counts files by number and the rest as text', () => {
    const picture = part('name="image[]"; filename="a.png"', 'x'.repeat(100_000))
    assert.equal(parse(picture + picture + part('name="prompt"', 'p'.repeat(400)) + end).inputTokensEstimate, 2_100)
    assert.equal(parse(part('name="prompt"', '') + end).inputTokensEstimate, 1)
  })

  it('may have a preamble, an epilogue, a quoted boundary and no last line break', () => {
    assert.equal(parse(`\r\n${model}${end}`).model, 'whisper-1')
    assert.equal(parse(`ignore me\r\n${model}${end}and me`).model, 'whisper-1')
    assert.equal(parse(`${model}--b0undary--`).model, 'whisper-1')
    assert.equal(parse(model + end, 'Multipart/Form-Data;charset=utf-8 ; BOUNDARY="b0undary";').model, 'whisper-1')
    const spaced = 'a b:(c)'
    assert.equal(parse((model + end).replaceAll('b0undary', spaced), `multipart/form-data; boundary="${spaced}"`).model, 'whisper-1')
  })

  it('is refused under another content type, with what is needed', () => {
    for (const contentType of ['application/json', 'multipart/mixed; boundary=b0undary', '']) {
      assert.throws(() => parse(model + end, contentType), { code: 'unsupported_request', message: /takes multipart\/form-data/ })
    }
    assert.throws(() => parseMultipartRequest(Buffer.from(model + end), undefined), { code: 'unsupported_request' })
  })

  it('is refused without a usable boundary', () => {
    const long = `boundary=${'x'.repeat(71)}`
    for (const parameters of ['', 'boundary=', 'boundary=""', 'boundary=a; boundary=b', "boundary*=utf-8''a", long, 'boundary="a "', 'boundary="a\\b"']) {
      refused(model + end, /must have one boundary/, `multipart/form-data; ${parameters}`)
    }
  })
})

describe('a form that servers could read in two ways is refused', () => {
  it('cut off at any byte', () => {
    const whole = sound + model + '--b0undary--'
    for (let length = 0; length < whole.length; length++) refused(whole.slice(0, length), /The multipart body /)
    refused(sound + model, /is cut off: the final boundary "--b0undary--" is missing/)
    refused('', /does not contain its boundary "--b0undary"/)
  })

  it('with a second model', () => {
    refused(model + model + end, /has "model" twice/)
    refused(model + part('name="Model"', 'gpt-4o') + end, /read as "model"/)
    refused(part('name="MODEL"', 'gpt-4o') + end, /read as "model"/)
    refused(model + part('name="stream"', 'true') + part('name="stream"', 'false') + end, /has "stream" twice/)
  })

  it('with a second spelling of a name', () => {
    refused(part(`name="user"; name="model"`, 'x') + end, /second spelling of "name"/)
    refused(part(`name="user"; name*=utf-8''model`, 'x') + end, /second spelling of "name\*"/)
    refused(part(`name*0="mo"; name*1="del"`, 'x') + end, /second spelling of "name\*0"/)
    refused(part(String.raw`name="mod\el"`, 'x') + end, /no plain name/)
    refused(part(String.raw`name="file"; filename="a\"; name=\"model"`, 'x') + end, /no plain Content-Disposition/)
    refused(part(String.raw`name="file"; filename="a\\"; name="model"`, 'x') + end, /no plain Content-Disposition/)
  })

  it('with a model that is a file, empty, or in another encoding', () => {
    refused(part('name="model"; filename="m"', 'x') + end, /"model" must not be a file/)
    refused(part(`name="model"; filename*=utf-8''m`, 'x') + end, /"model" must not be a file/)
    refused(part('name="model"', '') + end, /"model" must not be empty/)
    refused(part('name="model"', 'Z3B0', 'Content-Transfer-Encoding: base64') + end, /"model" must be plain text/)
    refused(part('name="model"', 'x', 'Content-Type: text/plain; charset=utf-16') + end, /"model" must be plain text/)
    refused(part('name="model"', 'x', 'Content-Type: text/plain; x-charset=utf-8; charset=utf-7') + end, /"model" must be plain text/)
    refused(part('name="_charset_"', 'utf-16') + model + end, /must be in UTF-8/)
    assert.equal(parse(part('name="model"', 'x', 'Content-Type: text/plain; charset=UTF-8', 'Content-Transfer-Encoding: 8bit') + end).model, 'x')
  })

  it('under a charset in which other names may be there', () => {
    for (const charset of ['utf-7', 'UTF-16', '"utf-7"', 'utf-8; charset=utf-7', '""']) {
      refused(model + part('name="mode+AGw-"', 'gpt-4o') + end, /must be in UTF-8/, `${type}; charset=${charset}`)
    }
    refused(model + end, /must be in UTF-8/, `${type}; charset*=us-ascii''utf-7`)
  })

  it('with bare line feeds', () => {
    refused((model + end).replaceAll('\r\n', '\n'), /followed by something else than CR LF/)
    refused(`${model}`.replace(/\r\n$/, '\n') + end, /without CR LF before it/)
    refused(model.replace('\r\n\r\n', '\n\n') + end, /no blank line after the headers of part 1/)
    refused(model.replace('form-data;', 'form-data;\n') + end, /malformed header line in part 1/)
  })

  it('with a boundary that is not quite one', () => {
    refused(model.replace('--b0undary', '--b0undary ') + end, /followed by something else/)
    refused(`${model}--b0undaryX\r\n${end}`, /followed by something else/)
    refused(`x--b0undary\r\n${model}${end}`, /without CR LF before it/)
    refused(`${model}${end}${model}${end}`, /again after the final boundary/)
  })

  it('with strange part headers', () => {
    refused(part('name="a"', 'x', ' folded: yes') + end, /malformed header line/)
    refused(part('name="a"', 'x', 'Content-Disposition: form-data; name="model"') + end, /header content-disposition twice|header Content-Disposition twice/)
    refused(part('name="a"', 'x', 'X-Nul: \u0000') + end, /malformed header line/)
    refused(part('filename="a"', 'x') + end, /no plain name/)
    refused(part('name="a"', 'x').replace('form-data', 'attachment') + end, /no plain Content-Disposition/)
    refused(`--b0undary\r\n\r\nx\r\n${end}`, /malformed header line in part 1/)
    refused(`--b0undary\r\n${end}`, /no blank line after the headers of part 1/)
    refused(part('name="a"', 'x', `X-Long: ${'x'.repeat(9_000)}`) + end, /more than 8192 bytes of headers/)
    refused(part('name="a"', 'x').repeat(300) + end, /more than 256 parts/)
  })

  it('without letting long runs of spaces take long', { timeout: 20_000 }, () => {
    // Quadratic, these took a minute and several seconds; the limit is far from both ends.
    const spaces = ' '.repeat(200_000)
    refused(model + end, /must have one boundary/, `${type}${spaces}x`)
    const begun = performance.now()
    for (let turn = 0; turn < 100; turn += 1) refused(part('name="a"', 'x', `X-Spaces:${' '.repeat(8_000)}\u0001`) + end, /malformed header line/)
    assert.ok(performance.now() - begun < 2_000, `${String(performance.now() - begun)} ms`)
  })

  it('with a stream that is neither true nor false', () => {
    for (const value of ['1', 'yes', '', 'true ']) refused(part('name="stream"', value) + end, /"stream" must be true or false/)
  })
})

describe('editing a multipart request', () => {
  it('replaces the model and nothing else', () => {
    const edited = parse(`pre\r\n${sound}${model}${sound}${end}post`).edit({ model: 'gpt-4o-transcribe' })
    assert.equal(edited?.toString(), `pre\r\n${sound}${model.replace('whisper-1', 'gpt-4o-transcribe')}${sound}${end}post`)
  })

  it('adds the model as the first part', () => {
    const edited = parse(`\r\n${sound}${end}`).edit({ model: 'whisper-1' })
    assert.equal(edited?.toString(), `\r\n${model}${sound}${end}`)
    assert.equal(parse(edited?.toString() ?? '').model, 'whisper-1')
    assert.equal(parse(end).edit({ model: 'whisper-1' })?.toString(), model + end)
  })

  it('changes nothing when nothing has to change', () => {
    assert.equal(parse(model + sound + end).edit({ model: 'whisper-1', askForUsage: true }), undefined)
    assert.equal(parse(sound + end).edit({}), undefined)
  })

  it('never lets the client choose a boundary that ends the model', () => {
    const request = parse((sound + end).replaceAll('b0undary', 'mini'), 'multipart/form-data; boundary=mini')
    assert.throws(() => request.edit({ model: 'gpt--mini' }), { code: 'malformed_request' })
  })
})
