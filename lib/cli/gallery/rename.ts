import { parseGeneral } from '../arguments.js'
import { print, printJson } from '../output.js'
import { keyOptions, positionals, withGallery } from './open.js'
import { personJson } from './tell.js'

export async function rename(args: readonly string[]): Promise<number> {
  const options = parseGeneral(args, keyOptions)
  const names = ['GALLERY', 'WHO', 'NAME']
  const [path, who, name] = positionals(options, 'rename', names) as [string, string, string]
  return withGallery(options, path, {}, async (gallery) => {
    const person = await gallery.rename(who, name)
    if (options.json) printJson(personJson(person))
    else print(`${who} is now ${person.name}.`)
    return 0
  })
}
