using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.Dcutr;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Protocols.Dcutr;

/// <summary>Bytes, the ranges of options, and limits without a host.</summary>
public sealed class DcutrMessageTests
{
    private static readonly Multiaddr Address = Multiaddr.Parse("/ip4/1.2.3.4/tcp/5");

    [Fact]
    public void Messages_have_the_bytes_of_the_specification()
    {
        byte[] connect = [0x08, 0x64, 0x12, 0x08, .. Address.Bytes.Span];
        Assert.Equal(connect, new DcutrMessage(DcutrMessage.Connect, [Address]).Encode());
        Assert.True(DcutrMessage.TryDecode(connect, out var read));
        Assert.Equal((DcutrMessage.Connect, Address), (read.Type, Assert.Single(read.Addresses)));
        Assert.Equal([0x08, 0xac, 0x02], new DcutrMessage(DcutrMessage.Sync, []).Encode());
    }

    [Theory]
    [InlineData("")]
    [InlineData("1208")]
    [InlineData("12080401020304060005")]
    [InlineData("0a0164")]
    [InlineData("08")]
    public void What_has_no_type_or_is_malformed_is_not_taken(string hex) => Assert.False(DcutrMessage.TryDecode(Convert.FromHexString(hex), out _));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void So_many_addresses_are_taken_and_unknown_ones_are_passed_over(int beyond)
    {
        var writer = new Libp2p.Wire.ProtobufWriter().Varint(1, DcutrMessage.Connect).Bytes(2, [0xff]);
        for (var i = 0; i < DcutrMessage.MaxAddresses + beyond; i++)
        {
            writer.Bytes(2, Address.Bytes.Span);
        }

        Assert.True(DcutrMessage.TryDecode(writer.Written.Span, out var message));
        Assert.Equal(DcutrMessage.MaxAddresses, message.Addresses.Count);
    }

    [Fact]
    public void Addresses_that_do_not_fit_are_not_sent()
    {
        var name = Multiaddr.Parse("/dns4/" + string.Join('.', Enumerable.Repeat(new string('a', 60), 16)) + "/tcp/1");
        var sent = new DcutrMessage(DcutrMessage.Connect, [name, name, name, name, name, Address]).Encode();
        Assert.InRange(sent.Length, 3 * name.Bytes.Length, DcutrMessage.MaxLength);
        Assert.True(DcutrMessage.TryDecode(sent, out var read));
        Assert.Equal(Address, read.Addresses[^1]);
    }

    [Fact]
    public void Upgrades_end_at_their_limits_of_a_relay_of_all_and_of_a_minute()
    {
        var time = new FakeTimeProvider();
        var budget = new UpgradeBudget(
            new DcutrOptions { MaxConcurrentUpgradesPerRelay = 2, MaxConcurrentUpgrades = 3, UpgradesPerMinutePerRelay = 3, UpgradesPerMinute = 5 }, time);
        var peers = Enumerable.Range(0, 9).Select(_ => TestHosts.SomePeer()).ToArray();
        Assert.True(budget.TryBegin(peers[0], "a"));
        Assert.False(budget.TryBegin(peers[0], "a"));
        Assert.True(budget.TryBegin(peers[1], "a"));
        Assert.False(budget.TryBegin(peers[2], "a"));
        Assert.True(budget.TryBegin(peers[3], "b"));
        Assert.False(budget.TryBegin(peers[4], "c"));
        Assert.Equal(3, budget.Running);

        budget.End(peers[0], "a");
        Assert.True(budget.TryBegin(peers[2], "a"));
        budget.End(peers[1], "a");
        Assert.False(budget.TryBegin(peers[5], "a"));
        Assert.True(budget.TryBegin(peers[4], "c"));
        budget.End(peers[4], "c");
        Assert.False(budget.TryBegin(peers[6], "d"));
        time.Advance(TimeSpan.FromSeconds(12));
        Assert.True(budget.TryBegin(peers[6], "d"));
    }

    [Fact]
    public void A_peer_is_answered_so_often_in_a_minute()
    {
        var time = new FakeTimeProvider();
        var budget = new UpgradeBudget(new DcutrOptions { AnswersPerMinutePerPeer = 2 }, time);
        var (peer, other) = (TestHosts.SomePeer(), TestHosts.SomePeer());
        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => budget.TakeAnswer(peer)));
        Assert.True(budget.TakeAnswer(other));
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal([true, false], Enumerable.Range(0, 2).Select(_ => budget.TakeAnswer(peer)));
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        Assert.Empty(new DcutrOptions { RelayedGrace = TimeSpan.Zero, MaxAddresses = 16, Attempts = 10 }.Validate());
        var low = new DcutrOptions
        {
            Attempts = 0,
            AttemptTimeout = TimeSpan.Zero,
            RelayedGrace = TimeSpan.FromTicks(-1),
            MaxAddresses = 17,
            MaxConcurrentUpgrades = 0,
            MaxConcurrentUpgradesPerRelay = 0,
            UpgradesPerMinute = 0,
            UpgradesPerMinutePerRelay = 0,
            AnswersPerMinutePerPeer = 0,
        };
        Assert.Equal(
            [
                "Attempts", "AttemptTimeout", "RelayedGrace", "MaxAddresses", "MaxConcurrentUpgrades", "MaxConcurrentUpgradesPerRelay", "UpgradesPerMinute",
                "UpgradesPerMinutePerRelay", "AnswersPerMinutePerPeer",
            ],
            low.Validate().Select(f => f.Split(' ')[0]));
    }
}
