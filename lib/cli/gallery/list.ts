import { parseGeneral } from '../arguments.js'
import { print, printJson, printTable } from '../output.js'
import { keyOptions, positionals, withGallery } from './open.js'
import { personJson } from './tell.js'

export async function list(args: readonly string[]): Promise<number> {
  const options = parseGeneral(args, keyOptions)
  const [path] = positionals(options, 'list', ['GALLERY']) as [string]
  return withGallery(options, path, { readOnly: true }, async (gallery) => {
    const people = await gallery.list()
    if (options.json) {
      for (const person of people) printJson(personJson(person))
      return 0
    }
    const { photos, model } = await gallery.counts()
    if (people.length > 0) {
      const rows = people.map(({ id, name, photos: own, created }) => [
        name,
        String(own.length),
        created.toISOString().slice(0, 10),
        id
      ])
      printTable(['name', 'photos', 'enrolled', 'id'], rows)
    }
    const who = people.length === 1 ? '1 person' : `${people.length} people`
    print(`${who}, ${photos} photos${model ? `, model ${model.name} (${model.precision})` : ''}`)
    return 0
  })
}
