import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MAX_DEPTH, ProtoReader, WireError } from './protobuf-wire.ts'
import { ProtoWriter } from './protobuf-writer.ts'
import { decodeStruct, encodeStruct, forEachStructLeaf, type StructInput } from './struct.ts'

function encode(struct: { readonly [key: string]: StructInput }): Buffer {
  const writer = new ProtoWriter()
  encodeStruct(writer, struct)
  return writer.finish()
}

const decode = (bytes: Buffer) => decodeStruct(new ProtoReader(bytes))
/** Decoded objects have no prototype; JSON gives them one again, for comparison. */
const withPrototypes = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('encodes as struct.proto says', () => {
  // fields { key: "a" value { number_value: 1.5 } }
  assert.deepEqual(encode({ a: 1.5 }), Buffer.from('0a0e0a0161120911000000000000f83f', 'hex'))
})

test('every JSON object comes back as it was', () => {
  const object = fc.jsonValue({ maxDepth: 6 }).map((value) => ({ value }) as { readonly [key: string]: StructInput })
  fc.assert(fc.property(object, (struct) => assert.deepEqual(withPrototypes(decode(encode(struct))), withPrototypes(struct))))
})

test('a key that names a prototype is a key like any other', () => {
  const decoded = decode(encode(JSON.parse('{"__proto__": {"admin": true}, "constructor": 1}')))
  assert.deepEqual(Object.keys(decoded), ['__proto__', 'constructor'])
  assert.equal(decoded['admin'], undefined)
  assert.equal(decoded['toString'], undefined)
  assert.equal('admin' in {}, false)
})

test('leaves out what is undefined, keeps null', () => {
  // A record may hold undefined in spite of its type, for instance from an optional property.
  const struct = { a: undefined, b: null } as unknown as { b: null }
  assert.deepEqual(withPrototypes(decode(encode(struct))), { b: null })
})

test('a value without a kind is null', () => {
  assert.deepEqual(withPrototypes(decode(Buffer.from('0a050a01611200', 'hex'))), { a: null })
})

test('leaves are text, branches are passed over', () => {
  const leaves = new Map<string, string>()
  forEachStructLeaf(new ProtoReader(encode({ name: 'openai', attempt: 2, ok: true, none: null, list: ['a'], tree: { a: 1 } })), (key, text) => leaves.set(key, text))
  assert.deepEqual([...leaves], [['name', 'openai'], ['attempt', '2'], ['ok', 'true']])
})

test('refuses a Struct nested too deeply instead of running out of stack', () => {
  let value: StructInput = 1
  for (let depth = 0; depth < MAX_DEPTH + 1; depth += 1) value = [value]
  assert.throws(() => decode(encode({ value })), WireError)
})
