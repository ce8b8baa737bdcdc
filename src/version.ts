// The version of this package, read from where npm and we write it.

import { createRequire } from 'node:module'

// package.json lies one folder above both src/ and dist/.
const manifest = createRequire(import.meta.url)('../package.json') as { readonly version: string }

export const version: string = manifest.version
