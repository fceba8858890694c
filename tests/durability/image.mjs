// The content of one file while writes are taken back and put again.
const SECTOR = 512;

export class Image {
  constructor(bytes) {
    this.bytes = bytes;
  }

  truncate(size) {
    const sized = Buffer.alloc(size);
    this.bytes.copy(sized, 0, 0, Math.min(size, this.bytes.length));
    this.bytes = sized;
  }

  // The kill may have come before the write, so what is there now may already be the old.
  undoWrite({ offset, oldBytes, oldSize }) {
    this.truncate(Math.max(oldSize, offset + oldBytes.length));
    oldBytes.copy(this.bytes, offset);
    this.truncate(oldSize);
  }

  undoTruncate({ offset, oldBytes, oldSize }) {
    this.truncate(oldSize);
    if (offset < oldSize) oldBytes.copy(this.bytes, offset);
  }

  // Of the new bytes, those in the sectors (counted from the first one touched) that `keep` keeps.
  write({ offset, newBytes }, keep) {
    const end = offset + newBytes.length;
    const first = Math.floor(offset / SECTOR);
    for (let sector = first; sector * SECTOR < end; sector += 1) {
      if (!keep(sector - first)) continue;
      const from = Math.max(offset, sector * SECTOR);
      const to = Math.min(end, (sector + 1) * SECTOR);
      if (this.bytes.length < to) this.truncate(to);
      newBytes.copy(this.bytes, from, from - offset, to - offset);
    }
  }
}
