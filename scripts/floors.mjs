// Floors and circles of the import graph:  npx depcruise lib -T json | node scripts/floors.mjs
//
// A module that imports none of ours is on floor 1, any other one above the highest that it imports;
// modules that import each other in a circle share a floor.
import { text } from 'node:stream/consumers'

const { modules } = JSON.parse(await text(process.stdin))
const ours = modules.filter(({ source }) => source.startsWith('lib/'))
const names = new Set(ours.map(({ source }) => source))
const imports = new Map(
  ours.map(({ source, dependencies }) => [
    source,
    dependencies.map(({ resolved }) => resolved).filter((name) => names.has(name))
  ])
)

/** Tarjan's strongly connected components, in which those that are imported come first. */
function components() {
  const [index, low, stack, found] = [new Map(), new Map(), [], []]
  const visit = (name) => {
    index.set(name, index.size)
    low.set(name, index.get(name))
    stack.push(name)
    for (const next of imports.get(name)) {
      if (!index.has(next)) visit(next)
      if (stack.includes(next)) low.set(name, Math.min(low.get(name), low.get(next)))
    }
    if (low.get(name) === index.get(name)) {
      found.push(stack.splice(stack.indexOf(name)))
    }
  }
  for (const name of names) if (!index.has(name)) visit(name)
  return found
}

const floorOf = new Map()
const circles = []
for (const members of components()) {
  const below = members.flatMap((name) => imports.get(name)).filter((name) => floorOf.has(name))
  const floor = 1 + Math.max(0, ...below.map((name) => floorOf.get(name)))
  for (const name of members) floorOf.set(name, floor)
  if (members.length > 1) circles.push(members)
}
const atRoot = [...names].filter((name) => name.split('/').length === 2)
console.log(`${names.size} modules, ${atRoot.length} of them at the root of lib/`)
console.log(`${Math.max(...floorOf.values())} floors, ${circles.length} circles`)
for (const circle of circles) console.log(`  ${circle.join(' <-> ')}`)
