import { parseGeneral } from '../arguments.js'
import { print, printJson } from '../output.js'
import { keyOptions, positionals, withGallery } from './open.js'
import { personJson, photosOf } from './tell.js'

export async function merge(args: readonly string[]): Promise<number> {
  const options = parseGeneral(args, keyOptions)
  const names = ['GALLERY', 'INTO', 'FROM']
  const [path, into, from] = positionals(options, 'merge', names) as [string, string, string]
  return withGallery(options, path, {}, async (gallery) => {
    const person = await gallery.merge(into, from)
    if (options.json) printJson(personJson(person))
    else print(`${person.name} now has ${photosOf(person)}; ${from} is removed.`)
    return 0
  })
}
