/** How ids are shown: of a masked one what the server lets through, `138****00`. */
export function shown(text: string): string {
  return text.replace(/masked\.([A-Za-z0-9]*)-([A-Za-z0-9]*)\.[\w-]+/g, '$1****$2');
}

export function isMasked(id: string): boolean {
  return id.startsWith('masked.');
}
