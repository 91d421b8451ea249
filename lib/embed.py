"""Turns a file into a C array: embed.py FILE OUT.c NAME

Defines `const char NAME[]` (NUL-terminated) and `const size_t NAME_len`, so that the schema
and the migrations travel inside the programs and are edited as what they are.
"""
import sys

source, target, name = sys.argv[1:4]
with open(source, 'rb') as f:
    data = f.read()
rows = [data[i:i + 16] for i in range(0, len(data), 16)]
with open(target, 'w', encoding='ascii') as f:
    f.write('#include <stddef.h>\n\n')
    f.write(f'extern const char {name}[];\nextern const size_t {name}_len;\n\n')
    f.write(f'const char {name}[] = {{\n')
    for row in rows:
        f.write('\t' + ' '.join(f"'\\x{b:02x}'," for b in row) + '\n')
    f.write(f'\t0\n}};\nconst size_t {name}_len = {len(data)};\n')
