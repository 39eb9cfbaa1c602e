/** A person found: the cosine of the face and the person's template. */
export interface Hit {
  readonly person: string
  readonly similarity: number
}

/** The templates of all people, and which are most like a face. */
export interface PersonIndex {
  readonly size: number
  has(person: string): boolean
  set(person: string, template: Float32Array): void
  delete(person: string): void
  clear(): void
  /** The `count` most similar people, the best first; equally similar ones in order of their ids. */
  top(face: Float32Array, count: number): Promise<Hit[]>
}

/** Looks at everybody, one after the other: the reference that faster searches are compared with. */
export class PlainScan implements PersonIndex {
  readonly #templates = new Map<string, Float32Array>()

  get size(): number {
    return this.#templates.size
  }

  has(person: string): boolean {
    return this.#templates.has(person)
  }

  set(person: string, template: Float32Array): void {
    this.#templates.set(person, template)
  }

  delete(person: string): void {
    this.#templates.delete(person)
  }

  clear(): void {
    this.#templates.clear()
  }

  async top(face: Float32Array, count: number): Promise<Hit[]> {
    const best: Hit[] = []
    for (const [person, template] of this.#templates) {
      let similarity = 0
      for (let i = 0; i < face.length; i++) {
        similarity += (face[i] as number) * (template[i] as number)
      }
      const last = best[count - 1]
      if (last !== undefined && similarity < last.similarity) continue
      insert(best, { person, similarity })
      if (best.length > count) best.pop()
    }
    return best
  }
}

function comesBefore(a: Hit, b: Hit): boolean {
  return a.similarity > b.similarity || (a.similarity === b.similarity && a.person < b.person)
}

function insert(best: Hit[], hit: Hit): void {
  let at = best.length
  while (at > 0 && comesBefore(hit, best[at - 1] as Hit)) at--
  best.splice(at, 0, hit)
}
