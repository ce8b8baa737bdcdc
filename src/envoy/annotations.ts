export interface Annotation { readonly at: readonly string[]; readonly value?: string; readonly why: readonly string[] }
export const annotations: readonly Annotation[] = []
