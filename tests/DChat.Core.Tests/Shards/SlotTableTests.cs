using DChat.Core.Shards;

namespace DChat.Core.Tests.Shards;

public sealed class SlotTableTests
{
    [Theory]
    [InlineData(0u)] // Every key in one slot of one part.
    [InlineData(0xFF000000u)] // Every key in one part, with one tag.
    [InlineData(0x00FF0000u)] // Keys that differ in nothing but the tag.
    [InlineData(0x0000FFFFu)]
    [InlineData(0xFFFFFFFFu)]
    public void Every_number_is_found_by_its_own_key_however_the_hashes_collide(uint mask)
    {
        const uint Count = 2_000;
        uint Hash(uint key) => (key * 0x9E3779B1) & mask;
        var table = new SlotTable(Hash);
        for (var number = 1u; number <= Count; number++)
        {
            Assert.Equal(0u, table.Find(Hash(number), new Same(number)));
            table.Add(Hash(number), number);
        }

        for (var number = 1u; number <= Count; number++)
        {
            Assert.Equal(number, table.Find(Hash(number), new Same(number)));
        }
    }

    private readonly struct Same(uint key) : ISlotMatch
    {
        public bool Matches(uint number) => number == key;
    }
}
