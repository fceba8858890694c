export const text = 'late part 1';
