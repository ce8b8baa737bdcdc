// Requests to envoyproxy/ratelimit (commit f2fb157, Redis 7.0.15), what it answered, and the counters it left behind. Where it wrote a
// counter of 0 for a mere look, there is none here.

const shop = `domain: shop
descriptors:
  - {key: tenant, value: acme, descriptors: [
      {key: route, rate_limit: {unit: hour, requests_per_unit: 5}},
      {key: route, value: search, rate_limit: {unit: hour, requests_per_unit: 10}}]}
  - {key: user, rate_limit: {unit: hour, requests_per_unit: 20}}
  - {key: user, value: gold, rate_limit: {unit: hour, requests_per_unit: 30}}
  - {key: user, value: staff}
  - {key: batch, rate_limit: {unit: day, requests_per_unit: 1, name: batch_daily}}
  - {key: internal, rate_limit: {unlimited: true}}`

const ten = `domain: ten
descriptors:
  - {key: u, rate_limit: {unit: hour, requests_per_unit: 10}}
  - {key: w, rate_limit: {unit: hour, requests_per_unit: 1000}}
  - {key: zero, rate_limit: {unit: hour, requests_per_unit: 0}}
  - {key: big, rate_limit: {unit: day, requests_per_unit: 4294967295}}`

const noBacktracking = `domain: nb
descriptors:
  - {key: a, value: one, descriptors: [{key: b, value: two, rate_limit: {unit: hour, requests_per_unit: 5}}]}
  - {key: a, value: o*, descriptors: [{key: b, rate_limit: {unit: hour, requests_per_unit: 6}}]}
  - {key: a, descriptors: [{key: b, rate_limit: {unit: hour, requests_per_unit: 7}}]}`

const wild = `domain: wild
descriptors:
  - {key: t, value: foo*, rate_limit: {unit: hour, requests_per_unit: 11}}
  - {key: m, value: bar*b, rate_limit: {unit: hour, requests_per_unit: 12}}
  - {key: x, value: foo*bar*baz, rate_limit: {unit: hour, requests_per_unit: 13}}
  - {key: p, rate_limit: {unit: hour, requests_per_unit: 21}}
  - {key: p, value: ab*, rate_limit: {unit: hour, requests_per_unit: 22}}
  - {key: p, value: abc, rate_limit: {unit: hour, requests_per_unit: 23}}
  - {key: o, value: api/*, rate_limit: {unit: hour, requests_per_unit: 31}}
  - {key: o, value: api/v1/*, rate_limit: {unit: hour, requests_per_unit: 32}}
  - {key: n, value: a*, descriptors: [{key: n, value: b*, rate_limit: {unit: hour, requests_per_unit: 41}}]}
  - {key: pre*, rate_limit: {unit: hour, requests_per_unit: 61}}
  - {key: dbl, value: a**b, rate_limit: {unit: hour, requests_per_unit: 71}}
  - {key: ov, value: ab*ba, rate_limit: {unit: hour, requests_per_unit: 81}}`

const shared = `domain: sh
descriptors:
  - {key: f, value: files/*, share_threshold: true, rate_limit: {unit: hour, requests_per_unit: 3}}
  - {key: g, value: files/*, rate_limit: {unit: hour, requests_per_unit: 3}}
  - {key: h, value: a*c, share_threshold: true, descriptors: [{key: leaf, rate_limit: {unit: hour, requests_per_unit: 10}}]}
  - {key: two, value: a*, share_threshold: true, descriptors: [
      {key: two, value: b*, share_threshold: true, rate_limit: {unit: hour, requests_per_unit: 10}}]}
  - {key: pre*, share_threshold: true, rate_limit: {unit: hour, requests_per_unit: 4}}`

const replacing = `domain: r
descriptors:
  - {key: base, rate_limit: {unit: hour, requests_per_unit: 1, name: base_limit}}
  - {key: vip, rate_limit: {unit: hour, requests_per_unit: 9, name: vip_limit, replaces: [{name: base_limit}, {name: other_limit}]}}
  - {key: free, rate_limit: {unlimited: true, name: free_limit, replaces: [{name: base_limit}]}}
  - {key: same1, rate_limit: {unit: hour, requests_per_unit: 1, name: same}}
  - {key: same2, rate_limit: {unit: hour, requests_per_unit: 2, name: same}}
  - {key: drop, rate_limit: {unit: hour, requests_per_unit: 3, replaces: [{name: same}]}}`

const modes = `domain: q
descriptors:
  - {key: qa, quota_mode: true, rate_limit: {unit: hour, requests_per_unit: 1}}
  - {key: qb, quota_mode: true, rate_limit: {unit: hour, requests_per_unit: 2}}
  - {key: n, rate_limit: {unit: hour, requests_per_unit: 3}}
  - {key: n0, rate_limit: {unit: hour, requests_per_unit: 0}}
  - {key: sh, shadow_mode: true, rate_limit: {unit: hour, requests_per_unit: 15}}`

const unitNames = ['second', 'minute', 'hour', 'day', 'week', 'month', 'year']
const units = `domain: units
descriptors:
${unitNames.map((unit) => `  - {key: ${unit}, rate_limit: {unit: ${unit}, requests_per_unit: 100}}`).join('\n')}`

/** Text alike but not the same: joined by `_`, several requests mean one rule or one counter. */
const joined = `domain: d
descriptors:
  - {key: a, value: b_c, rate_limit: {unit: hour, requests_per_unit: 4}}
  - {key: j, rate_limit: {unit: hour, requests_per_unit: 5}}
  - {key: j_, rate_limit: {unit: hour, requests_per_unit: 6}}
  - {key: k_l, rate_limit: {unit: hour, requests_per_unit: 7}}
  - {key: k, rate_limit: {unit: hour, requests_per_unit: 8}}`

const scalars = `domain: 7
descriptors:
  - {key: 12, rate_limit: {unit: hour, requests_per_unit: 010}}
  - {key: true, rate_limit: {unit: HOUR, requests_per_unit: 0x10}}
  - {key: yes, value: no, rate_limit: {unit: Hour, requests_per_unit: 1_000}}
  - {key: f, shadow_mode: on, rate_limit: {unit: hour, requests_per_unit: 0}}
  - {key: o, rate_limit: &limit {unit: hour, requests_per_unit: 0o17}}
  - {key: alias, rate_limit: *limit}
  - {key: merged, rate_limit: {<<: *limit, requests_per_unit: 6}}
  - {key: nothing, value: ~, rate_limit: ~}`

const unicode = `domain: "dömain ☃"
descriptors:
  - {key: "clé", value: "значение", rate_limit: {unit: hour, requests_per_unit: 4}}
  - {key: "clé", value: "日*本", rate_limit: {unit: hour, requests_per_unit: 5}}`

/**
 * A step: descriptors separated by ` ; ` → statuses separated by ` ; `. A descriptor is `key=value,key=value`, `+N` for its own
 * hits, `@N/UNIT` for a limit it brings along; a trailing ` (N)` is the request's hits_addend. A status is `limit/UNIT remaining`,
 * with `OVER` in front or `#name` behind the unit; `-` no limit, `free` unlimited; or `error CODE: text`.
 */
export type Step = readonly [request: string, answer: string]
export interface Case {
  readonly id: string
  readonly what: string
  readonly file: string
  readonly domain: string
  readonly steps: readonly Step[]
  /** All counters in the end; `<N>` is the start of the window of N seconds. */
  readonly counters: Readonly<Record<string, string>>
}

const overflow = 'error 2: counting failed: ERR increment or decrement would overflow'
const negative = 'error 2: counting failed: a counter is below zero'

export const cases: readonly Case[] = [
  { id: 'V4', what: 'an unknown domain is not limited', file: shop, domain: 'nowhere', steps: [['user=a ; user=b', '- ; -']], counters: {} },
  { id: 'V5', what: 'a descriptor without entries is not limited', file: shop, domain: 'shop', steps: [['', '-']], counters: {} },
  { id: 'V6', what: 'a limit of the request counts nothing in an unknown domain', file: shop, domain: 'nowhere',
    steps: [['user=a @1/HOUR', '-'], ['user=a @1/HOUR', '-']],
    counters: {} },
  { id: 'V7d', what: 'an unknown unit is harmless in an unknown domain', file: shop, domain: 'nowhere', steps: [['user=a @5/UNKNOWN', '-']], counters: {} },
  { id: 'V13', what: 'a level without a limit', file: shop, domain: 'shop', steps: [['tenant=acme', '-']], counters: {} },
  { id: 'V14', what: 'a bare key below', file: shop, domain: 'shop',
    steps: [['tenant=acme,route=x', '5/HOUR 4']],
    counters: { 'shop_tenant_acme_route_x_<3600>': '1' } },
  { id: 'V15', what: 'a key with its value below', file: shop, domain: 'shop',
    steps: [['tenant=acme,route=search', '10/HOUR 9']],
    counters: { 'shop_tenant_acme_route_search_<3600>': '1' } },
  { id: 'V17', what: 'a value without a limit is exempt from the bare key', file: shop, domain: 'shop',
    steps: [['user=staff', '-'], ['user=gold', '30/HOUR 29']],
    counters: { 'shop_user_gold_<3600>': '1' } },
  { id: 'V19', what: 'a request deeper than the file is not limited', file: shop, domain: 'shop', steps: [['user=a,route=b', '-']], counters: {} },
  { id: 'V21', what: "the limit's name is told", file: shop, domain: 'shop',
    steps: [['batch=1', '1/DAY#batch_daily 0'], ['batch=1', 'OVER 1/DAY#batch_daily 0']],
    counters: { 'shop_batch_1_<86400>': '2' } },
  { id: 'V22', what: 'an unlimited rule counts nothing', file: shop, domain: 'shop', steps: [['internal=x (7)', 'free']], counters: {} },
  { id: 'V23', what: 'no way back from an exact value', file: noBacktracking, domain: 'nb',
    steps: [['a=one,b=two', '5/HOUR 4'], ['a=one,b=x', '-'], ['a=other,b=x', '6/HOUR 5'], ['a=zzz,b=x', '7/HOUR 6']],
    counters: { 'nb_a_one_b_two_<3600>': '1', 'nb_a_other_b_x_<3600>': '1', 'nb_a_zzz_b_x_<3600>': '1' } },
  { id: 'V25', what: 'a star inside', file: wild, domain: 'wild',
    steps: [['m=bar1b', '12/HOUR 11'], ['m=barb', '12/HOUR 11'], ['m=bar1', '-'], ['m=bbarb', '-'], ['m=bar', '-'], ['m=barbb', '12/HOUR 11']],
    counters: { 'wild_m_bar1b_<3600>': '1', 'wild_m_barb_<3600>': '1', 'wild_m_barbb_<3600>': '1' } },
  { id: 'V26', what: 'two stars', file: wild, domain: 'wild',
    steps: [['x=foobarbaz', '13/HOUR 12'], ['x=foobaz', '-'], ['x=fooXbarYbazZ', '-'], ['x=foobazbarbaz', '13/HOUR 12']],
    counters: { 'wild_x_foobarbaz_<3600>': '1', 'wild_x_foobazbarbaz_<3600>': '1' } },
  { id: 'V28', what: 'exact before pattern before bare key', file: wild, domain: 'wild',
    steps: [['p=abc', '23/HOUR 22'], ['p=abd', '22/HOUR 21'], ['p=zz', '21/HOUR 20']],
    counters: { 'wild_p_abc_<3600>': '1', 'wild_p_abd_<3600>': '1', 'wild_p_zz_<3600>': '1' } },
  { id: 'V29', what: 'the first pattern that matches, not the longest', file: wild, domain: 'wild',
    steps: [['o=api/v1/x', '31/HOUR 30']],
    counters: { 'wild_o_api/v1/x_<3600>': '1' } },
  { id: 'V30', what: 'patterns at two levels', file: wild, domain: 'wild',
    steps: [['n=a1,n=b1', '41/HOUR 40'], ['n=a1,n=c1', '-'], ['n=a1', '-']],
    counters: { 'wild_n_a1_n_b1_<3600>': '1' } },
  { id: 'V31', what: 'one counter for each value of a pattern', file: wild, domain: 'wild',
    steps: [['t=foo1', '11/HOUR 10'], ['t=foo2', '11/HOUR 10'], ['t=foo1', '11/HOUR 9']],
    counters: { 'wild_t_foo1_<3600>': '2', 'wild_t_foo2_<3600>': '1' } },
  { id: 'V32', what: 'share_threshold: one counter for the pattern', file: shared, domain: 'sh',
    steps: [['f=files/a +2', '3/HOUR 1'], ['f=files/b', '3/HOUR 0'], ['f=files/c', 'OVER 3/HOUR 0'], ['g=files/a', '3/HOUR 2'], ['g=files/b', '3/HOUR 2']],
    counters: { 'sh_f_files/*_<3600>': '4', 'sh_g_files/a_<3600>': '1', 'sh_g_files/b_<3600>': '1' } },
  { id: 'V40', what: 'remaining goes down to 0, then over', file: ten, domain: 'ten',
    steps: [['u=a +9', '10/HOUR 1'], ['u=a', '10/HOUR 0'], ['u=a', 'OVER 10/HOUR 0'], ['u=a', 'OVER 10/HOUR 0']],
    counters: { 'ten_u_a_<3600>': '12' } },
  { id: 'V42', what: 'a charge that does not fit counts in full', file: ten, domain: 'ten',
    steps: [['u=a +8', '10/HOUR 2'], ['u=a +5', 'OVER 10/HOUR 0']],
    counters: { 'ten_u_a_<3600>': '13' } },
  { id: 'V43', what: "the request's 0 hits mean 1", file: ten, domain: 'ten',
    steps: [['u=a (0)', '10/HOUR 9'], ['u=a', '10/HOUR 8']],
    counters: { 'ten_u_a_<3600>': '2' } },
  { id: 'V44', what: "a descriptor's 0 hits only look", file: ten, domain: 'ten',
    steps: [['u=a +0', '10/HOUR 10'], ['u=a (4)', '10/HOUR 6'], ['u=a +0 (4)', '10/HOUR 6']],
    counters: { 'ten_u_a_<3600>': '4' } },
  { id: 'V45', what: 'a look passes at the limit and not above', file: ten, domain: 'ten',
    steps: [['u=a +10', '10/HOUR 0'], ['u=a +0', '10/HOUR 0'], ['u=a +1', 'OVER 10/HOUR 0'], ['u=a +0', 'OVER 10/HOUR 0']],
    counters: { 'ten_u_a_<3600>': '11' } },
  { id: 'V47', what: 'all descriptors count even when one is over', file: ten, domain: 'ten',
    steps: [['u=a +11 ; w=a', 'OVER 10/HOUR 0 ; 1000/HOUR 999'], ['u=a ; w=a', 'OVER 10/HOUR 0 ; 1000/HOUR 998']],
    counters: { 'ten_u_a_<3600>': '12', 'ten_w_a_<3600>': '2' } },
  { id: 'V50', what: 'the window of every unit', file: units, domain: 'units',
    steps: [
      [unitNames.map((unit) => `${unit}=x`).join(' ; '), unitNames.map((unit) => `100/${unit.toUpperCase()} 99`).join(' ; ')],
    ],
    counters: {
      'units_second_x_<1>': '1', 'units_minute_x_<60>': '1', 'units_hour_x_<3600>': '1', 'units_day_x_<86400>': '1', 'units_week_x_<604800>': '1',
      'units_month_x_<2592000>': '1', 'units_year_x_<31536000>': '1',
    } },
  { id: 'V55', what: 'hits of 2^63 and more are signed', file: ten, domain: 'ten',
    steps: [['u=a +9223372036854775808', negative], ['u=b +18446744073709551615', negative], ['u=a', negative]],
    counters: { 'ten_u_a_<3600>': '-9223372036854775807', 'ten_u_b_<3600>': '-1' } },
  { id: 'V70', what: 'a shadow rule counts and does not deny', file: modes, domain: 'q',
    steps: [['sh=v +15', '15/HOUR 0'], ['sh=v', '15/HOUR 0'], ['sh=v', '15/HOUR 0']],
    counters: { 'q_sh_v_<3600>': '17' } },
  { id: 'V72', what: 'quota rules deny together', file: modes, domain: 'q',
    steps: [['qa=1 ; qb=1', '1/HOUR 0 ; 2/HOUR 1'], ['qa=1 ; qb=1', 'passes: OVER 1/HOUR 0 ; 2/HOUR 0'], ['qa=1 ; qb=1', 'OVER 1/HOUR 0 ; OVER 2/HOUR 0']],
    counters: { 'q_qa_1_<3600>': '3', 'q_qb_1_<3600>': '3' } },
  { id: 'V73', what: 'quota and ordinary rules in one request', file: modes, domain: 'q',
    steps: [
      ['qa=2 ; n0=1', '1/HOUR 0 ; OVER 0/HOUR 0'], ['qa=3 +5 ; qb=3 ; n=3', 'passes: OVER 1/HOUR 0 ; 2/HOUR 1 ; 3/HOUR 2'],
      ['qa=4 +5 ; qb=4 +5 ; n=4', 'OVER 1/HOUR 0 ; OVER 2/HOUR 0 ; 3/HOUR 2'], ['qa=5 +9', 'OVER 1/HOUR 0'],
    ],
    counters: {
      'q_qa_2_<3600>': '1', 'q_n0_1_<3600>': '1', 'q_qa_3_<3600>': '5', 'q_qb_3_<3600>': '1', 'q_n_3_<3600>': '1', 'q_qa_4_<3600>': '5',
      'q_qb_4_<3600>': '5', 'q_n_4_<3600>': '1', 'q_qa_5_<3600>': '9',
    } },
  { id: 'V75', what: 'a replaced rule does not count, in either order', file: replacing, domain: 'r',
    steps: [['base=a ; vip=a', '- ; 9/HOUR#vip_limit 8'], ['vip=a ; base=a', '9/HOUR#vip_limit 7 ; -'], ['base=a', '1/HOUR#base_limit 0']],
    counters: { 'r_base_a_<3600>': '1', 'r_vip_a_<3600>': '2' } },
  { id: 'V75b', what: 'an unlimited rule replaces too', file: replacing, domain: 'r',
    steps: [['base=a ; free=a', '- ; free'], ['base=a ; free=a', '- ; free']],
    counters: {} },
  { id: 'X75', what: 'one name of two rules replaces both', file: replacing, domain: 'r',
    steps: [['same1=1 ; same2=1 ; drop=1', '- ; - ; 3/HOUR 2'], ['same1=1 ; same2=1', '1/HOUR#same 0 ; 2/HOUR#same 1']],
    counters: { 'r_same1_1_<3600>': '1', 'r_same2_1_<3600>': '1', 'r_drop_1_<3600>': '1' } },
  { id: 'X03', what: 'null means absent', file: scalars, domain: '7', steps: [['nothing=v', '-']], counters: {} },
  { id: 'X06', what: 'numbers and booleans of YAML 1.1', file: scalars, domain: '7',
    steps: [['12=v', '8/HOUR 7'], ['true=v', '16/HOUR 15'], ['f=v', '0/HOUR 0'], ['o=v', '15/HOUR 14']],
    counters: { '7_12_v_<3600>': '1', '7_true_v_<3600>': '1', '7_f_v_<3600>': '1', '7_o_v_<3600>': '1' } },
  { id: 'X07', what: 'aliases and merges', file: scalars, domain: '7',
    steps: [['alias=v', '15/HOUR 14'], ['merged=v', '6/HOUR 5']],
    counters: { '7_alias_v_<3600>': '1', '7_merged_v_<3600>': '1' } },
  { id: 'X09', what: 'keys and values in the words of the file', file: scalars, domain: '7',
    steps: [['yes=no', '1000/HOUR 999'], ['yes=x', '-']],
    counters: { '7_yes_no_<3600>': '1' } },
  { id: 'X10', what: 'an empty value, and a key that ends in _', file: joined, domain: 'd',
    steps: [['j=', '6/HOUR 5'], ['j=x', '5/HOUR 4'], ['j_=', '6/HOUR 5'], ['k=', '8/HOUR 7']],
    counters: { 'd_j__<3600>': '1', 'd_j_x_<3600>': '1', 'd_j___<3600>': '1', 'd_k__<3600>': '1' } },
  { id: 'X11', what: '(a, b_c) and (a_b, c) are one', file: joined, domain: 'd',
    steps: [['a=b_c', '4/HOUR 3'], ['a_b=c', '4/HOUR 2'], ['a_b_c=', '4/HOUR 3']],
    counters: { 'd_a_b_c_<3600>': '2', 'd_a_b_c__<3600>': '1' } },
  { id: 'X12', what: 'a bare key that looks like key and value', file: joined, domain: 'd',
    steps: [['k=l', '7/HOUR 6'], ['k_l=z', '7/HOUR 6'], ['k=c', '8/HOUR 7']],
    counters: { 'd_k_l_<3600>': '1', 'd_k_l_z_<3600>': '1', 'd_k_c_<3600>': '1' } },
  { id: 'X14', what: 'a star in the key', file: wild, domain: 'wild',
    steps: [['pre=x', '61/HOUR 60'], ['prefix=x', '61/HOUR 60'], ['pre*=', '61/HOUR 60']],
    counters: { 'wild_pre_x_<3600>': '1', 'wild_prefix_x_<3600>': '1', 'wild_pre*__<3600>': '1' } },
  { id: 'X15', what: 'two stars side by side, and ends that overlap', file: wild, domain: 'wild',
    steps: [['dbl=ab', '71/HOUR 70'], ['dbl=axxb', '71/HOUR 70'], ['ov=aba', '-'], ['ov=abba', '81/HOUR 80']],
    counters: { 'wild_dbl_ab_<3600>': '1', 'wild_dbl_axxb_<3600>': '1', 'wild_ov_abba_<3600>': '1' } },
  { id: 'X16', what: "the pattern's own text", file: wild, domain: 'wild', steps: [['t=foo*', '11/HOUR 10']], counters: { 'wild_t_foo*_<3600>': '1' } },
  { id: 'X17', what: 'a pattern sees key and value as one text', file: wild, domain: 'wild',
    steps: [['t_foo=x', '11/HOUR 10'], ['t=foo_x', '11/HOUR 9']],
    counters: { 'wild_t_foo_x_<3600>': '2' } },
  { id: 'X18', what: 'share_threshold above and at two levels', file: shared, domain: 'sh',
    steps: [
      ['h=abc,leaf=1', '10/HOUR 9'], ['h=axxc,leaf=1', '10/HOUR 8'], ['h=abc,leaf=2', '10/HOUR 9'], ['two=a1,two=b1', '10/HOUR 9'],
      ['two=a2,two=b2', '10/HOUR 8'], ['f=files/*', '3/HOUR 2'],
    ],
    counters: { 'sh_h_a*c_leaf_1_<3600>': '2', 'sh_h_a*c_leaf_2_<3600>': '1', 'sh_two_a*_two_b*_<3600>': '2', 'sh_f_files/*_<3600>': '1' } },
  { id: 'X19', what: 'share_threshold with the star in the key', file: shared, domain: 'sh',
    steps: [['prefix=a', '4/HOUR 3'], ['prefix=b', '4/HOUR 2'], ['premium=a', '4/HOUR 3']],
    counters: { 'sh_prefix_pre*_<3600>': '2', 'sh_premium_pre*_<3600>': '1' } },
  { id: 'X24', what: 'any script', file: unicode, domain: 'dömain ☃',
    steps: [['clé=значение', '4/HOUR 3'], ['clé=日x本', '5/HOUR 4'], ['clé=日本', '5/HOUR 4']],
    counters: { 'dömain ☃_clé_значение_<3600>': '1', 'dömain ☃_clé_日x本_<3600>': '1', 'dömain ☃_clé_日本_<3600>': '1' } },
  { id: 'X25', what: 'any byte goes into the key', file: ten, domain: 'ten',
    steps: [['u=a_b', '10/HOUR 9'], ['u=a b\tc\n', '10/HOUR 9'], ['u=nul\0x', '10/HOUR 9'], ['u={tag}:*?[', '10/HOUR 9']],
    counters: { 'ten_u_a_b_<3600>': '1', 'ten_u_a b\tc\n_<3600>': '1', 'ten_u_nul\0x_<3600>': '1', 'ten_u_{tag}:*?[_<3600>': '1' } },
  { id: 'X30', what: 'the largest limit', file: ten, domain: 'ten',
    steps: [['big=b (4294967294)', '4294967295/DAY 1'], ['big=b +2', 'OVER 4294967295/DAY 0']],
    counters: { 'ten_big_b_<86400>': '4294967296' } },
  { id: 'X31', what: 'looks and charges in one call', file: ten, domain: 'ten',
    steps: [
      ['u=a +11 ; u=b +0 ; w=a +250 ; zzz=1 +5 ; zero=z +0 (2)', 'OVER 10/HOUR 0 ; 10/HOUR 10 ; 1000/HOUR 750 ; - ; 0/HOUR 0'],
      ['u=a +0 ; u=b +0 ; w=a +0', 'OVER 10/HOUR 0 ; 10/HOUR 10 ; 1000/HOUR 750'],
    ],
    counters: { 'ten_u_a_<3600>': '11', 'ten_w_a_<3600>': '250' } },
  { id: 'X43', what: "a request's limit shares the rule's counter", file: ten, domain: 'ten',
    steps: [['u=a', '10/HOUR 9'], ['u=a @100/HOUR', '100/HOUR 98'], ['u=a', '10/HOUR 7']],
    counters: { 'ten_u_a_<3600>': '3' } },
  { id: 'X44', what: 'the unit is not in the key, the start of its window is', file: ten, domain: 'ten',
    steps: [['u=a @100/DAY ; u=a @100/WEEK ; u=a @100/YEAR', '100/DAY 99 ; 100/WEEK 99 ; 100/YEAR 99']],
    counters: { 'ten_u_a_<86400>': '1', 'ten_u_a_<604800>': '1', 'ten_u_a_<31536000>': '1' } },
  { id: 'X71', what: 'unlimited, limited and unknown in one request', file: shop, domain: 'shop',
    steps: [['internal=1 ; user=1 ; zz=1', 'free ; 20/HOUR 19 ; -']],
    counters: { 'shop_user_1_<3600>': '1' } },
  { id: 'X79', what: '2^64 - n takes n off', file: ten, domain: 'ten',
    steps: [
      ['u=a +5', '10/HOUR 5'], ['u=a +18446744073709551614', '10/HOUR 7'], ['u=a +0', '10/HOUR 7'], ['u=a +18446744073709551607', negative],
      ['u=a +1', negative], ['u=a +10', '10/HOUR 5'],
    ],
    counters: { 'ten_u_a_<3600>': '5' } },
  { id: 'X83', what: 'an empty key', file: ten, domain: 'ten', steps: [['=x', '-'], ['= @3/HOUR', '3/HOUR 2']], counters: { 'ten___<3600>': '1' } },
  { id: 'overflow', what: 'a counter cannot pass 2^63-1', file: ten, domain: 'ten',
    steps: [['u=a +9223372036854775807', 'OVER 10/HOUR 0'], ['u=a +1', overflow]],
    counters: { 'ten_u_a_<3600>': '9223372036854775807' } },
]
