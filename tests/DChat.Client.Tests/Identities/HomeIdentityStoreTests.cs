using DChat.Client.Devices;
using DChat.Client.Identities;
using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Identity;
using DChat.Core.Topics;
using DChat.Testing;

namespace DChat.Client.Tests.Identities;

public sealed class HomeIdentityStoreTests : IDisposable
{
    private static readonly IdentityId Identity = new(Bytes32.Parse(new string('a', 64)));

    private readonly TemporaryFolder _folder = new();
    private readonly DChatHome _home;
    private readonly HomeIdentityStore _store;

    public HomeIdentityStoreTests()
    {
        _home = DChatHome.Open(_folder["home"]);
        _store = _home.Identities;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _home.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_is_remembered_is_there_for_the_next_process()
    {
        var record = await _store.UpdateAsync(
            _ => new IdentityRecord
            {
                Network = "dchat-test",
                Identity = Identity,
                State = SharedState.Empty.Write("n", new HybridTimestamp(5), _home.Device.PublicKey, new byte[] { 1 }).Next(_home.Device.PublicKey),
                SealedAt = new HybridTimestamp(ulong.MaxValue),
                Sealed = "ab",
                SealedContent = "cd",
                Followed = [Identity],
            },
            Token);
        await _store.AddToLogAsync(Identity, [[1, 2], [3]], Token);
        await _store.AddToLogAsync(Identity, [[3], [], [4]], Token);

        using var again = DChatHome.Open(_folder["home"]);
        var later = again.Identities;
        var read = later.Read();
        Assert.Equal(record.State, read.State);
        Assert.Equal((record.Network, record.Identity, record.SealedAt, record.Sealed, record.SealedContent), (read.Network, read.Identity, read.SealedAt, read.Sealed, read.SealedContent));
        Assert.Equal(record.Followed, read.Followed);
        Assert.Equal([[1, 2], [3], [], [4]], later.ReadLog(Identity));
        Assert.Empty(later.ReadLog(new IdentityId(default)));
    }

    [Theory]
    [InlineData("{}", "not what this program writes")]
    [InlineData("{\"version\":2,\"network\":null,\"identity\":null,\"state\":null,\"sealedAt\":0,\"sealed\":null,\"sealedContent\":null,\"merged\":null,\"followed\":null}", "version")]
    [InlineData("{", "not JSON")]
    [InlineData("{\"version\":1,\"network\":null,\"identity\":\"xy\",\"state\":null,\"sealedAt\":0,\"sealed\":null,\"sealedContent\":null,\"merged\":null,\"followed\":null}", "is none")]
    [InlineData("{\"version\":1,\"network\":null,\"identity\":null,\"state\":\"/w==\",\"sealedAt\":0,\"sealed\":null,\"sealedContent\":null,\"merged\":null,\"followed\":null}", "is none")]
    public async Task A_damaged_file_is_an_error_and_is_left_as_it_is(string content, string reason)
    {
        await _store.UpdateAsync(record => record with { Identity = Identity }, Token);
        var path = Path.Combine(_folder["home"], HomeIdentityStore.FileName);
        await File.WriteAllTextAsync(path, content, Token);

        var fault = Assert.Throws<DChatException>(() => _store.Read());

        Assert.Equal(DChatErrorCodes.HomeCorrupt, fault.Code);
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllTextAsync(path, Token));
    }

    [Fact]
    public async Task A_damaged_log_says_that_it_can_be_read_from_the_cluster_again()
    {
        await _store.AddToLogAsync(Identity, [[1, 2]], Token);
        var path = Path.Combine(_folder["home"], HomeIdentityStore.Folder, Identity.ToString());
        await File.WriteAllBytesAsync(path, (await File.ReadAllBytesAsync(path, Token))[..^1], Token);

        Assert.Contains("delete it", Assert.Throws<DChatException>(() => _store.ReadLog(Identity)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Topics_are_shared_both_ways_and_one_whose_name_is_taken_gets_another()
    {
        var clock = new HybridLogicalClock(TimeProvider.System);
        var here = Topic.CreatePrivate("dchat-test", "tea");
        var there = Topic.CreatePrivate("dchat-test", "tea");
        await _home.Topics.AddAsync("tea", here, Token);
        await _store.UpdateAsync(
            record => record with { State = record.State.Write(SharedNames.TopicOf(there), clock.Next(), _home.Device.PublicKey, SharedNames.Write("tea", there)) }, Token);

        Assert.Equal(1, await TopicExchange.RunAsync(_store, _home.Device.PublicKey, clock, Token));
        Assert.Equal(0, await TopicExchange.RunAsync(_store, _home.Device.PublicKey, clock, Token));

        Assert.Equal([("tea", here.Tag), ($"tea-{there.Tag}", there.Tag)], _home.Topics.Read().Select(entry => (entry.Key, entry.Value.Tag)));
        Assert.NotNull(_store.Read().State.Registers.Find(SharedNames.TopicOf(here)));
    }
}
