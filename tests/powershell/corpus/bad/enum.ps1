# expect: enum
enum Colour { Red; Green }
