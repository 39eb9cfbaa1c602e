import type { NativeCpu } from '../addon/types.js'

/** As `8 cores: 4 little (Cortex-A55), 4 big (Cortex-A76); quota of 1.5`. */
export function coresLine({ cores, clusters, quota }: Readonly<NativeCpu>): string {
  const [first] = clusters
  const line =
    clusters.length > 1
      ? clusters
          .map(({ kind, name, cpus }) => `${cpus.length} ${kind}${name && ` (${name})`}`)
          .join(', ')
      : (first?.name ?? '')
  const count = `${cores} ${cores === 1 ? 'core' : 'cores'}`
  const parts = line === '' ? count : `${count}: ${line}`
  return quota === null ? parts : `${parts}; quota of ${quota}`
}
