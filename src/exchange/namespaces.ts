// Namespaces of Envoy's dynamic metadata in which the stages leave word for each other and for Envoy's filters.

/** Costs and descriptor values, under Envoy AI Gateway's name so that rules written for it keep working. */
export const METADATA_NAMESPACE = 'io.envoy.ai_gateway'
/** Where the attempt stage and Envoy's priority_group read the provider chain. */
export const ROUTE_NAMESPACE = 'tollgate.route'
/** What an attempt did to the request, for the request stage that sees the answer. */
export const ATTEMPT_NAMESPACE = 'tollgate.attempt'
