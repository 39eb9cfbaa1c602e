/** The text with the entries under *Unreleased* moved under the new version. */
export function releaseChangelog(text: string, version: string, date: string): string {
  const heading = '## Unreleased\n'
  const start = text.indexOf(heading)
  if (start < 0) throw new Error('CHANGELOG.md has no "## Unreleased"')
  const from = start + heading.length
  const next = text.indexOf('\n## ', from)
  const entries = text.slice(from, next < 0 ? undefined : next + 1).trim()
  if (entries === '') throw new Error('CHANGELOG.md has nothing under "## Unreleased"')
  const rest = next < 0 ? '' : `\n${text.slice(next + 1)}`
  return `${text.slice(0, from)}\n## ${version} (${date})\n\n${entries}\n${rest}`
}

const semver = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?$/

/** Throws unless `version` is a semantic version that comes after `current`. */
export function checkVersion(version: string, current: string): void {
  const [wanted, before] = [semver.exec(version), semver.exec(current)]
  if (!wanted) throw new Error(`"${version}" is not a version such as 1.2.3`)
  if (!before) throw new Error(`package.json has "${current}" for a version`)
  for (let i = 1; i <= 3; i++) {
    const step = Number(wanted[i]) - Number(before[i])
    if (step > 0) return
    if (step < 0) throw new Error(`${version} comes before ${current}`)
  }
  // The same numbers: only from a pre-release to the release or a later pre-release.
  const [preWanted, preBefore] = [wanted[4], before[4]]
  if (preBefore === undefined || (preWanted !== undefined && preWanted <= preBefore)) {
    throw new Error(`${version} does not come after ${current}`)
  }
}
