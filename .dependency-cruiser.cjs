// The rooms of lib/, from the ground up. A module imports from its own floor and those below, never
// from above: `npm run rooms` (part of `npm run lint`) holds it. CONTRIBUTING.md has the same list.
const floors = [
  // The ground: what everything stands on, imports nothing above it.
  ['^lib/(errors|check|keys|abort|paths|budget)\\.ts$', '^lib/faces/types\\.ts$'],
  ['^lib/(faces|embeddings|frames|files)/'],
  ['^lib/(models|addon)/'],
  ['^lib/photos/'],
  ['^lib/work/'],
  ['^lib/tracks/'],
  // The hall: what users import.
  ['^lib/(index|recognizer|detector|embedder)\\.ts$'],
  ['^lib/gallery/'],
  ['^lib/(cameras|service)/'],
  ['^lib/(evaluation|bench|doctor|conversion|build)/'],
  ['^lib/cli/']
]

/** Of the rooms on one floor, who may not import whom. */
const neighbours = [
  ['^lib/(faces|embeddings|frames|files)/', '^lib/(?!faces|embeddings|frames|files)[a-z]+/'],
  ['^lib/addon/', '^lib/models/'],
  ['^lib/models/', '^lib/addon/load']
]

module.exports = {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'Two modules that need each other are one, or a third is missing beneath them.',
      severity: 'error',
      from: {},
      to: { circular: true }
    },
    ...floors.slice(0, -1).map((rooms, floor) => ({
      name: `floor-${floor}-imports-nothing-above`,
      severity: 'error',
      from: {
        path: rooms,
        // faces/types.ts stands on the ground, though its room is a floor up.
        ...(floor > 0 && { pathNot: floors[0] })
      },
      to: { path: floors.slice(floor + 1).flat(), pathNot: floors[0] }
    })),
    {
      name: 'types-import-nothing',
      severity: 'error',
      from: { path: '^lib/faces/types\\.ts$' },
      to: {}
    },
    ...neighbours.map(([from, to], i) => ({
      name: `neighbours-${i}`,
      severity: 'error',
      from: { path: from },
      to: { path: to, pathNot: floors[0] }
    })),
    {
      name: 'addon-is-loaded-in-one-place',
      comment: 'lib/addon/load.ts alone loads the addon; the doctor asks which file that would be.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/(addon/load|doctor/addon)\\.ts$' },
      to: { path: 'node-gyp-build', dependencyTypesNot: ['type-only'] }
    },
    {
      name: 'product-imports-no-workshop',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(scripts|install|research|bench|test)/' }
    }
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.mts', '.js', '.mjs', '.d.ts'] }
  }
}
