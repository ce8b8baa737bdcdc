// Names of the Envoy attributes that the rendered configuration asks for; the exact text is the key they come under.
// (envoyproxy.io, "Attributes"; that these leaves arrive on 1.37–1.40 was seen on real Envoys.)

/** Name of the provider whose host was chosen: metadata that every endpoint of a provider carries. */
export const PROVIDER_ATTRIBUTE = "xds.upstream_host_metadata.filter_metadata['tollgate.backend']['name']"
export const ATTEMPTS_ATTRIBUTE = 'upstream.request_attempt_count'
/** `via_upstream` for a provider's answer; anything else was made by Envoy. */
export const CODE_DETAILS_ATTRIBUTE = 'response.code_details'
