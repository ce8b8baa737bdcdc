// Why each setting is there, for people who merge the rendered configuration into their own. Facts about Envoy were seen on the
// versions named in docs/envoy.md.

import type { VersionFeatures } from './version-features.ts'

export interface Annotation {
  /** The last parts of the setting's path, list indexes left out. It is explained where it occurs first. */
  readonly at: readonly string[]
  /** Only where the setting has this value. */
  readonly value?: string
  /** Only where provider chains have this form. */
  readonly chainForm?: VersionFeatures['chainForm']
  /** Lines of the comment. */
  readonly why: readonly string[]
}

export const annotations: readonly Annotation[] = [
  { at: ['node'], why: ['Any names will do; file-based xDS and SDS need some.'] },
  { at: ['admin'], why: ['Envoy\'s own admin interface can stop it and shows its configuration: keep it on loopback.'] },
  {
    at: ['layered_runtime'],
    why: [
      'Ends ext_proc streams with a half-close instead of a reset. Only for Envoy 1.39 and newer: up to 1.38.3 this very switch',
      'crashes Envoy as soon as a few clients disconnect.',
    ],
  },
  { at: ['static_resources', 'secrets'], why: ['Keys of providers, by name of the environment variable. Envoy does not start while one of them is unset.'] },
  { at: ['listeners', 'per_connection_buffer_limit_bytes'], why: ['Largest request and largest buffered answer. The default of 1 MiB is too small for images and long contexts: 413 or 500.'] },
  { at: ['use_remote_address'], why: ['The peer is the client: Envoy then drops most x-envoy-* headers from outside; Tollgate removes the rest.'] },
  { at: ['normalize_path'], why: ['/v1/./models and the like reach Tollgate as one spelling.'] },
  { at: ['stream_idle_timeout'], why: ['The default of 5 minutes is shorter than some models think before their first token.'] },
  {
    at: ['local_reply_config'],
    why: ['Errors that Envoy makes where Tollgate cannot put them into the client\'s format: while Tollgate is away, and when a provider breaks off a', 'whole answer. What Tollgate itself answers has details that begin with tollgate_ and stays as it is.'],
  },
  { at: ['access_log'], why: ['One line of JSON per request, with the id under which Tollgate logs the same exchange. No header that may hold a key is in it,', 'and no query string.'] },
  {
    at: ['http_filters', 'name'],
    value: 'envoy.filters.http.jwt_authn',
    why: ['Verifies tokens, and lets every request through: what it found stands in its metadata, where no client can write, and Tollgate', 'decides. It must stand before the request stage.'],
  },
  { at: ['from_headers'], why: ['Where clients put credentials. By default a query parameter would do as well, and end up in logs.'] },
  { at: ['forward'], why: ['Tollgate must see that there was a token, to refuse a bad one. It takes it off before a provider sees it.'] },
  { at: ['require_expiration'], why: ['A token that never ends cannot be taken back.'] },
  { at: ['payload_in_metadata'], why: ['Tollgate looks for the claims under the name of the issuer.'] },
  { at: ['remote_jwks', 'async_fetch'], why: ['Fetches the keys before the first token comes, and again before they are too old.'] },
  { at: ['require_client_certificate'], why: ['false: callers may have a key or a token instead. A certificate that is presented must be good in any case.'] },
  {
    at: ['http_filters', 'name'],
    value: 'tollgate.request',
    why: ['The request stage. It must stand before the ratelimit filters, whose descriptors it writes, and after filters that verify callers.'],
  },
  { at: ['initial_metadata'], why: ['Tells Tollgate which of its two stages is calling.'] },
  {
    at: ['grpc_service', 'retry_policy'],
    why: ['Calls that found no process, or one that is stopping, go to another of them. A call that was taken is never sent again: what it', 'did may have been counted.'],
  },
  { at: ['failure_mode_allow'], why: ['true would send requests on unprocessed, with the client\'s own credentials.'] },
  { at: ['status_on_error'], why: ['503 instead of 500 while Tollgate is away.'] },
  { at: ['message_timeout'], why: ['How long one answer of Tollgate may take; the default of 200 ms is too short for a body of many megabytes.'] },
  { at: ['processing_mode'], why: ['Tollgate sees the whole request and the whole answer …'] },
  { at: ['allow_mode_override'], why: ['… and changes the answer\'s mode to STREAMED when it turns out to be a stream, or to NONE when it need not be seen.'] },
  { at: ['response_attributes'], why: ['Who answered, after how many attempts, and whether the answer is a provider\'s or Envoy\'s own.'] },
  { at: ['receiving_namespaces'], why: ['Metadata in other namespaces would be dropped without a word.'] },
  { at: ['mutation_rules'], why: ['Tollgate sets :path, and x-envoy-max-retries = length of the chain - 1.'] },
  { at: ['http_filters', 'typed_config', 'domain'], why: ['One filter per rate limit file; each file has its own domain.'] },
  { at: ['http_filters', 'typed_config', 'timeout'], why: ['The default is 20 ms. Tollgate waits 1 s for Redis; a crowd that comes at once may wait a little longer.'] },
  { at: ['failure_mode_deny'], why: ['Without an answer nobody knows what is left, so the request is refused. false lets it through uncounted.'] },
  { at: ['enable_x_ratelimit_headers'], why: ['x-ratelimit-limit, -remaining and -reset on answers.'] },
  { at: ['rate_limit_service', 'grpc_service', 'initial_metadata'], why: ['Ties the check to the charge that follows; descriptors stay free of it.'] },
  {
    at: ['virtual_hosts', 'typed_per_filter_config'],
    why: [
      'Two entries per key path of the rate limit file. They must stand here: the filter\'s own `rate_limits` do not know',
      'apply_on_stream_done. They belong to the virtual host, so that the route before Tollgate has chosen one does not matter.',
    ],
  },
  { at: ['rate_limits', 'hits_addend'], why: ['Before the request: 0 hits, which asks whether anything is left and takes nothing.'] },
  { at: ['hits_addend', 'format'], why: ['After it, even if the client has gone: what the exchange really cost. An integer from 0 to 1e9, or Envoy drops the entry.'] },
  {
    at: ['upstream_log'],
    why: ['Attempts that came to nothing, retried ones included, are told to Tollgate, which leaves a provider out that wants to be left alone', 'for a while. Nothing is sent while all goes well. Without this, only the retry-after of a last answer would be known.'],
  },
  { at: ['routes', 'name'], value: 'chain', why: ['Every request that Tollgate gave a provider chain.'] },
  { at: ['routes', 'name'], value: 'unrouted', why: ['The rest. Tollgate has answered unknown paths and models before they get here.'] },
  { at: ['route', 'timeout'], why: ['The default of 15 s counts the whole answer, retries included; stream_idle_timeout is the guard.'] },
  { at: ['route', 'auto_host_rewrite'], why: ['Host becomes that of the provider being tried.'] },
  {
    at: ['inline_cluster_specifier_plugin'],
    why: ['One cluster per provider. Which of them are tried, in which order, comes with each request in the metadata', 'tollgate.route; the list here only says which names there are. Envoy 1.40.'],
  },
  { at: ['route', 'cluster_header'], why: ['One cluster per chain, with a priority per provider; the request stage names it. Envoy 1.37 to 1.39.'] },
  { at: ['route', 'retry_policy', 'retry_on'], why: ['What moves on to the next provider. Unknown words in this list are ignored in silence, "429" among them …'] },
  { at: ['retriable_status_codes'], why: ['… so 429 stands here.'] },
  { at: ['retry_policy', 'per_try_timeout'], why: ['Until the headers of one provider\'s answer have come.'] },
  { at: ['retry_policy', 'per_try_idle_timeout'], why: ['Silence of one provider, also in the middle of its answer.'] },
  { at: ['route', 'retry_policy', 'num_retries'], why: ['Longest chain - 1. Per request x-envoy-max-retries lowers it.'] },
  { at: ['route', 'retry_policy', 'retry_back_off'], why: ['The next provider is another one: no reason to wait the default 25 ms and more.'] },
  { at: ['refresh_cluster_on_retry'], why: ['The next attempt takes the next group.'] },
  { at: ['retry_priority'], why: ['The next attempt takes a priority that was not tried.'] },
  { at: ['clusters', 'name'], value: 'tollgate.extproc', why: ['Tollgate\'s processor.'] },
  { at: ['clusters', 'name'], value: 'tollgate.ratelimit', why: ['Tollgate\'s rate limit service.'] },
  {
    at: ['clusters', 'name'],
    value: 'openai.convert',
    why: ['The same provider for requests in another API\'s format, which the attempt stage converts, and for the attempts after such a one.'],
  },
  { at: ['clusters', 'per_connection_buffer_limit_bytes'], why: ['As on the listener.'] },
  { at: ['clusters', 'circuit_breakers'], why: ['The default of 1024 requests at a time would fail the 1025th stream.'] },
  {
    at: ['clusters', 'outlier_detection'],
    why: ['A process that is gone has the fewest calls and would be given all new ones: it is left out for a second after its first refused', 'connection. Answers are not judged; an error status may be a decision.'],
  },
  {
    at: ['common_http_protocol_options', 'max_requests_per_connection'],
    why: ['Envoy resets each ext_proc stream it is done with, and Node\'s HTTP/2 server drops a connection after about a thousand resets,', 'with the requests that are on it. 900 renews the connection before; without it up to 1 % of the requests are lost.'],
  },
  { at: ['cluster_type'], why: ['Every address of the name is a host; IPv6 only where there is no IPv4. A logical DNS cluster could not have two priorities.'] },
  { at: ['common_lb_config', 'healthy_panic_threshold'], why: ['Without hosts, move on at once instead of trying unhealthy ones.'] },
  { at: ['upstream_connection_options'], why: ['A model that thinks for minutes sends nothing: keep NAT and firewalls from forgetting the connection.'] },
  { at: ['overprovisioning_factor'], why: ['All traffic stays on priority 0 as long as it has any host.'] },
  { at: ['endpoint', 'hostname'], why: ['The Host header of attempts at this provider.'] },
  { at: ['metadata', 'filter_metadata', 'tollgate.backend'], why: ['Both stages learn from this who was tried: keep it on every endpoint.'] },
  {
    at: ['endpoints', 'priority'],
    value: '1',
    chainForm: 'priority-group',
    why: [
      'A fuse: nothing listens there. When the name resolves to nothing, Envoy would answer "no healthy upstream", which it never',
      'retries; a refused connection it does retry, with the next provider.',
    ],
  },
  {
    at: ['lb_endpoints', 'health_status'],
    why: ['A fuse: nothing listens there. It keeps the priority of a provider whose name resolves to nothing from being empty, because then', 'Envoy would ask one again that has failed; degraded, so that everybody else comes first.'],
  },
  { at: ['transport_socket_matches'], why: ['Each provider of the chain has its own TLS settings, or none.'] },
  { at: ['auto_sni_san_validation'], why: ['The certificate must be for the host above. Without this any certificate of a trusted CA would do.'] },
  { at: ['trusted_ca'], why: ['The system\'s certificates; a provider\'s ca_file takes their place.'] },
  { at: ['match_typed_subject_alt_names'], why: ['The provider is configured by address, so its certificate must name the address.'] },
  { at: ['explicit_http_config', 'http_protocol_options'], why: ['HTTP/1.1: one request per connection, so that no GOAWAY or stream limit of a provider touches another request.'] },
  { at: ['common_http_protocol_options', 'idle_timeout'], why: ['Node and vLLM\'s server close idle connections after 5 s; a request sent into that close would be lost.'] },
  { at: ['http_filters', 'name'], value: 'tollgate.attempt', why: ['The attempt stage: once per attempt, only where Envoy\'s own filters are not enough.'] },
  { at: ['request_body_mode'], value: 'NONE', why: ['The body stays as it is, so it is not sent again.'] },
  { at: ['forwarding_namespaces'], why: ['The stages leave word for each other: attempts learn path and model names, the request stage what an attempt left out.'] },
  {
    at: ['http_filters', 'name'],
    value: 'tollgate.headers',
    why: ['All attempts of a request share one set of headers: what belongs to other providers is removed each time, or a fallback would', 'show the second provider the first one\'s key.'],
  },
  {
    at: ['http_filters', 'name'],
    value: 'envoy.filters.http.credential_injector',
    why: ['Sets the provider\'s key without asking Tollgate, which saves an ext_proc stream per attempt.'],
  },
  { at: ['http_filters', 'typed_config', 'overwrite'], why: ['Whatever stands there is not this provider\'s key.'] },
]
