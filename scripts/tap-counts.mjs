// Reads the counts that node:test writes at the end of its TAP output.

/**
 * {passed, failed, skipped}; undefined when the summary is missing, as after a crash. Tests that were cancelled count as failed, and those marked `todo` as skipped.
 * Source: nodejs.org, "Test runner", "Test reporters": the lines `# pass 12`, `# fail 0` and so on close the output.
 */
export function tapCounts(text) {
  const counts = {}
  // Only what follows the plan, which is last: a test may print anything before.
  const summary = text.slice(text.search(/^1\.\.\d+\s*$(?![\s\S]*^1\.\.\d+\s*$)/m))
  for (const [, name, number] of summary.matchAll(/^# (tests|pass|fail|cancelled|skipped|todo) (\d+)\s*$/gm)) counts[name] = Number(number)
  if (counts.pass === undefined || counts.fail === undefined) return undefined
  return { passed: counts.pass, failed: counts.fail + (counts.cancelled ?? 0), skipped: (counts.skipped ?? 0) + (counts.todo ?? 0) }
}
