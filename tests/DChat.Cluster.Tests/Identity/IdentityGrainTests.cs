using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Admission;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Statements;
using DChat.Testing.Clusters;

namespace DChat.Cluster.Tests.Identity;

public sealed class IdentityGrainTests(FakeTimeCluster fixture) : IClassFixture<FakeTimeCluster>, IDisposable
{
    private readonly DeviceSecret _phone = DeviceSecret.Generate();
    private readonly DeviceSecret _laptop = DeviceSecret.Generate();

    private static string Network => TestCluster.Network.Network;

    private TestCluster Cluster => fixture.Cluster;

    public void Dispose()
    {
        _phone.Dispose();
        _laptop.Dispose();
    }

    [Fact]
    public async Task What_is_kept_is_read_back_also_by_a_later_activation()
    {
        var (log, grain) = await BeginAsync();
        await AppendAsync(log, grain, DeviceLogSigner.Of(_phone).Add(log, Request(log)));
        await Cluster.SiloClient.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero, TestContext.Current.CancellationToken);

        var page = await grain.ReadAsync(0);
        Assert.Equal(2, page.Total);
        Assert.Equal(log.Entries.Select(entry => entry.Encode()), page.Entries);
        Assert.Equal([log.Entries[1].Encode()], (await grain.ReadAsync(1)).Entries);
        Assert.Empty((await grain.ReadAsync(2)).Entries);
    }

    [Fact]
    public async Task Entries_that_do_not_hold_are_named_and_not_kept()
    {
        var (log, grain) = await BeginAsync();
        var added = DeviceLogSigner.Of(_phone).Add(log, Request(log));
        var stranger = await BeginAsync();

        var reply = await grain.AppendAsync(new DeviceLogEntries([log.Entries[0].Encode(), added.Encode(), stranger.Log.Entries[0].Encode()]));

        Assert.Equal([DeviceLogOutcome.Known, DeviceLogOutcome.Kept, DeviceLogOutcome.Foreign], reply.Outcomes);
        Assert.Equal(2, (await grain.ReadAsync(0)).Total);
    }

    [Fact]
    public async Task What_is_no_signed_entry_or_too_much_is_refused_as_a_whole()
    {
        var (log, grain) = await BeginAsync();
        var added = DeviceLogSigner.Of(_phone).Add(log, Request(log)).Encode();
        byte[] forged = [.. added[..^1], (byte)(added[^1] ^ 1)];
        byte[][][] malformed =
        [
            [],
            [forged],
            [added, new byte[3]],
            [.. Enumerable.Repeat(added, DeviceLogEntries.MaxCount + 1)],
            [new byte[DeviceLogEntries.MaxBytes + 1]],
        ];

        foreach (var entries in malformed)
        {
            var fault = await Assert.ThrowsAsync<DChatException>(() => grain.AppendAsync(new DeviceLogEntries(entries)));
            Assert.Equal("device-log-malformed", fault.Code);
        }

        Assert.Equal(1, (await grain.ReadAsync(0)).Total);
        Assert.All((await grain.AppendAsync(new DeviceLogEntries([.. Enumerable.Repeat(added, DeviceLogEntries.MaxCount)]))).Outcomes.Skip(1), outcome => Assert.Equal(DeviceLogOutcome.Known, outcome));
    }

    [Fact]
    public async Task A_long_log_is_read_in_pages()
    {
        DeviceSecret[] others = [.. Enumerable.Range(0, 11).Select(_ => DeviceSecret.Generate())];
        var (log, grain) = await BeginAsync();
        foreach (var other in others)
        {
            await AppendAsync(log, grain, DeviceLogSigner.Of(_phone).Add(log, DeviceLogSigner.Request(Network, other, log.Identity)));
        }

        AuthorCutoff[] cutoffs = [.. Enumerable.Range(0, DeviceLogLimits.MaxCutoffs).Select(generation =>
            new AuthorCutoff(Core.Topics.Topic.Public(Network, "tea"), (uint)generation, new AuthorKey(default), 1))];
        foreach (var other in others)
        {
            for (var i = 0; i < 3; i++)
            {
                await AppendAsync(log, grain, DeviceLogSigner.Of(other).Revoke(log, DeviceRevocation.Create(_phone.PublicKey, cutoffs)));
            }

            other.Dispose();
        }

        List<byte[]> read = [];
        var pages = 0;
        DeviceLogPage page;
        do
        {
            page = await grain.ReadAsync(read.Count);
            Assert.InRange(page.Entries.Sum(entry => entry.Length), 1, DeviceLogEntries.MaxBytes);
            read.AddRange(page.Entries);
            pages++;
        }
        while (read.Count < page.Total);

        Assert.Equal(2, pages);
        Assert.Equal(log.Entries.Select(entry => entry.Encode()), read);
    }

    [Fact]
    public async Task A_fork_reaches_the_log_by_any_door_and_revocations_still_do()
    {
        using var tablet = DeviceSecret.Generate();
        var (log, grain) = await BeginAsync();
        await AppendAsync(log, grain, DeviceLogSigner.Of(_phone).Add(log, Request(log)));
        var parted = DeviceLog.Of(Network, log.Identity, log.Entries);
        await AppendAsync(log, grain, DeviceLogSigner.Of(_laptop).Add(log, DeviceLogSigner.Request(Network, tablet, log.Identity)));
        var revocation = DeviceLogSigner.Of(_phone).Revoke(parted, DeviceRevocation.Create(_laptop.PublicKey, []));
        await AppendAsync(log, grain, revocation);

        Assert.True(log.View.IsFrozen);
        Assert.Equal(DeviceStanding.Revoked, log.View.StandingOf(_laptop.PublicKey));
        Assert.Equal(DeviceStanding.Suspended, await grain.StandingOfAsync(tablet.PublicKey.Value.ToArray()));
        Assert.Equal(DeviceStanding.Revoked, await grain.StandingOfAsync(_laptop.PublicKey.Value.ToArray()));
        Assert.Equal(DeviceStanding.Unknown, await grain.StandingOfAsync([1]));
    }

    [Fact]
    public async Task A_caller_begins_so_many_identities_and_one_more_each_minute()
    {
        for (var i = 0; i < IdentityQuota.Burst; i++)
        {
            Assert.Equal([DeviceLogOutcome.Kept], (await BeginAsync(Cluster.Client)).Outcomes);
        }

        var fault = await Assert.ThrowsAsync<DChatException>(() => BeginAsync(Cluster.Client));
        Assert.Equal("over-quota", fault.Code);
        Assert.True(fault.IsTransient);
        Assert.Equal([DeviceLogOutcome.Kept], (await BeginAsync(Cluster.SiloClient)).Outcomes);

        fixture.Time.Advance(IdentityQuota.Refill);
        Assert.Equal([DeviceLogOutcome.Kept], (await BeginAsync(Cluster.Client)).Outcomes);
    }

    [Theory]
    [InlineData("dchat-else/aa00000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("dchat-test/AA00000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("dchat-test/aa")]
    [InlineData("dchat-test")]
    public async Task What_names_no_identity_of_the_network_has_no_log(string key)
    {
        var fault = await Assert.ThrowsAsync<DChatException>(() => Cluster.Client.GetGrain<IIdentityGrain>(key).ReadAsync(0));

        Assert.Equal("unknown-identity", fault.Code);
    }

    [Fact]
    public async Task A_storage_that_fails_keeps_nothing_and_the_next_call_starts_from_what_is_kept()
    {
        var (log, grain) = await BeginAsync();
        var added = DeviceLogSigner.Of(_phone).Add(log, Request(log)).Encode();
        Cluster.State.FailNextWrite();

        await Assert.ThrowsAnyAsync<Exception>(() => grain.AppendAsync(new DeviceLogEntries([added])));
        Assert.Equal(1, (await grain.ReadAsync(0)).Total);
        Assert.Equal([DeviceLogOutcome.Kept], (await grain.AppendAsync(new DeviceLogEntries([added]))).Outcomes);
        Assert.Equal(2, (await grain.ReadAsync(0)).Total);
    }

    private static async Task<DeviceLogReply> BeginAsync(IGrainFactory caller)
    {
        using var device = DeviceSecret.Generate();
        var first = DeviceLogSigner.Begin(Network, device, recovery: null);
        return await caller.GetGrain<IIdentityGrain>(GrainKeys.Identity(Network, new IdentityId(DeviceEntryId.Of(first).Value)))
            .AppendAsync(new DeviceLogEntries([first.Encode()]));
    }

    private async Task<(DeviceLog Log, IIdentityGrain Grain)> BeginAsync()
    {
        var first = DeviceLogSigner.Begin(Network, _phone, recovery: null);
        var log = new DeviceLog(Network, new IdentityId(DeviceEntryId.Of(first).Value));
        var grain = Cluster.SiloClient.GetGrain<IIdentityGrain>(GrainKeys.Identity(Network, log.Identity));
        await AppendAsync(log, grain, first);
        return (log, grain);
    }

    private static async Task AppendAsync(DeviceLog log, IIdentityGrain grain, Signed<DeviceLogEntry> entry)
    {
        Assert.Equal(DeviceLogOutcome.Kept, log.Apply(entry));
        Assert.Equal([DeviceLogOutcome.Kept], (await grain.AppendAsync(new DeviceLogEntries([entry.Encode()]))).Outcomes);
    }

    private Signed<DeviceRequest> Request(DeviceLog log) => DeviceLogSigner.Request(Network, _laptop, log.Identity);
}
