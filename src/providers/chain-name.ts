// The name of a provider chain in Envoy: the value of x-tollgate-chain, and on Envoy 1.37–1.39 the cluster it selects.

/** One provider: its own cluster. Several: their names joined by `+`, which no provider name may contain. */
export function chainClusterName(providers: readonly string[]): string {
  return providers.join('+')
}
