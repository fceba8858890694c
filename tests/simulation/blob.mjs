// Bytes that never change, without a thread of their own to be read by.
export class Blob {
  constructor(text) {
    this.content = text;
    this.size = text.length;
  }

  async text() {
    return this.content;
  }
}
