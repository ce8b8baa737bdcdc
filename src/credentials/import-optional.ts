// The vendors' libraries are large and optional: loaded when a provider needs one, and missed in words when it is not there.

/** `load`: an import() of the package `name`, written out so that bundlers see it. */
export async function importOptional<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load()
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause
    throw new Error(`the package ${name} is not installed, and credentials of this cloud need it: npm install ${name}`, { cause })
  }
}
