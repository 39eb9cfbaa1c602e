import { parseGeneral } from '../arguments.js'
import { keyOptions, positionals, withGallery } from './open.js'
import { tellPerson } from './tell.js'

export async function show(args: readonly string[]): Promise<number> {
  const options = parseGeneral(args, keyOptions)
  const [path, who] = positionals(options, 'show', ['GALLERY', 'WHO']) as [string, string]
  return withGallery(options, path, { readOnly: true }, async (gallery) => {
    tellPerson(await gallery.get(who), options.json)
    return 0
  })
}
