using DChat.Client.Devices;
using DChat.Client.Publishing;
using DChat.Client.Tests.Fakes;
using DChat.Core;
using DChat.Core.Identity;
using DChat.Core.Keys;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Client.Tests.Publishing;

public sealed class AuthorSequencesTests
{
    private static readonly AuthorKey Author = new(Bytes32.Parse(new string('a', 64)));

    private readonly FakeTimeProvider _time = FakeTime.Create();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Blocks_double_up_to_the_limit_while_an_author_keeps_sending()
    {
        using var store = new CountingStore();
        var sequences = new AuthorSequences(store, Author, _time);

        for (var expected = 1UL; expected <= 1_000; expected++)
        {
            Assert.Equal(expected, await sequences.NextAsync(Token));
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 256], store.Reservations);
    }

    [Fact]
    public async Task What_is_left_of_a_block_after_a_pause_is_dropped()
    {
        using var store = new CountingStore();
        var sequences = new AuthorSequences(store, Author, _time);
        for (var i = 0; i < 4; i++)
        {
            await sequences.NextAsync(Token);
        }

        _time.Advance(AuthorSequences.Pause - TimeSpan.FromTicks(1));
        Assert.Equal(5UL, await sequences.NextAsync(Token));
        _time.Advance(AuthorSequences.Pause);
        Assert.Equal(8UL, await sequences.NextAsync(Token));

        Assert.Equal([1, 2, 4, 1], store.Reservations);
    }

    [Fact]
    public async Task Callers_at_once_get_different_sequences()
    {
        using var store = new CountingStore();
        var sequences = new AuthorSequences(store, Author, _time);

        var all = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => Task.Run(() => sequences.NextAsync(Token).AsTask(), Token)));

        Assert.Equal(Enumerable.Range(1, 500).Select(s => (ulong)s), all.Order());
    }

    private sealed class CountingStore : IDeviceStore, IDisposable
    {
        private readonly InMemoryDeviceStore _store = new();

        public DeviceSecret Device => _store.Device;

        public List<int> Reservations { get; } = [];

        public ValueTask<ulong> ReserveAsync(AuthorKey author, int count, CancellationToken cancellationToken)
        {
            Reservations.Add(count);
            return _store.ReserveAsync(author, count, cancellationToken);
        }

        public void Dispose() => _store.Dispose();
    }
}
