using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.AutoNat;
using DChat.Libp2p.Protocols.AutoNat.Wire;

namespace DChat.Libp2p.Tests.Protocols.AutoNat;

/// <summary>Bytes, and the ranges of options.</summary>
public sealed class AutoNatMessageTests
{
    private static readonly Multiaddr Address = Multiaddr.Parse("/ip4/1.2.3.4/tcp/5");

    [Fact]
    public void Messages_have_the_bytes_of_the_specification()
    {
        byte[] request = [0x0a, 0x13, 0x0a, 0x08, .. Address.Bytes.Span, 0x11, 8, 7, 6, 5, 4, 3, 2, 1];
        Assert.Equal(request, new AutoNatMessage.Request([Address], 0x0102030405060708).Encode());
        Assert.True(AutoNatMessage.TryDecode(request, out var read));
        var asked = Assert.IsType<AutoNatMessage.Request>(read);
        Assert.Equal((Address, 0x0102030405060708UL), (Assert.Single(asked.Addresses), asked.Nonce));

        Assert.Equal([0x12, 0x08, 0x08, 0xc8, 0x01, 0x10, 0x02, 0x18, 0xc8, 0x01], new AutoNatMessage.Response(ResponseStatus.Ok, 2, DialStatus.Ok).Encode());
        Assert.Equal([0x1a, 0x06, 0x08, 0x01, 0x10, 0xb0, 0xea, 0x01], new AutoNatMessage.DataRequest(1, 30_000).Encode());
        Assert.Equal([0x22, 0x04, 0x0a, 0x02, 0, 0], new AutoNatMessage.Data(2).Encode());
        Assert.Equal([0x09, 1, 0, 0, 0, 0, 0, 0, 0], DialBackMessage.Encode(1));
        Assert.Empty(DialBackMessage.EncodeOk());
    }

    [Theory]
    [InlineData("12 08 08 c8 01 10 02 18 c8 01")]
    [InlineData("12 00")]
    [InlineData("1a 06 08 01 10 b0 ea 01")]
    [InlineData("22 04 0a 02 00 00")]
    [InlineData("12 03 08 e3 03")]
    public void A_message_is_written_as_it_was_read(string hex)
    {
        Assert.True(AutoNatMessage.TryDecode(Bytes(hex), out var message));
        Assert.True(AutoNatMessage.TryDecode(message.Encode(), out var again));
        Assert.Equal(message, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("12")]
    [InlineData("2a 00")]
    [InlineData("12 00 12 00")]
    [InlineData("12 00 1a 00")]
    [InlineData("12 06 10 ff ff ff ff 1f")]
    [InlineData("12 0b 08 ff ff ff ff ff ff ff ff ff 01")]
    [InlineData("0a 02 0a 05")]
    [InlineData("ff")]
    public void What_is_no_message_is_not_taken_for_one(string hex) => Assert.False(AutoNatMessage.TryDecode(Bytes(hex), out _));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void So_many_addresses_are_read_and_unknown_ones_keep_their_index(int beyond)
    {
        Multiaddr?[] addresses = [null, .. Enumerable.Repeat(Address, AutoNatMessage.MaxAddresses - 1 + beyond)];
        Assert.True(AutoNatMessage.TryDecode(new AutoNatMessage.Request(addresses, 1).Encode(), out var message));
        var read = Assert.IsType<AutoNatMessage.Request>(message).Addresses;
        Assert.Equal((AutoNatMessage.MaxAddresses, null, Address), (read.Count, read[0], read[1]));
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name_and_their_ends_are_not()
    {
        Assert.Empty(new AutoNatOptions().Validate());
        var low = new AutoNatOptions
        {
            NetworksToConfirm = 0,
            NetworksToRefute = 0,
            ResultLifetime = TimeSpan.Zero,
            RecheckInterval = TimeSpan.Zero,
            AskInterval = TimeSpan.Zero,
            ServerPause = TimeSpan.FromTicks(-1),
            ServerBackoff = TimeSpan.Zero,
            MaxConcurrentRequests = 0,
            RequestTimeout = TimeSpan.Zero,
            MaxDialDataSent = -1,
        };
        (low.Server.RequestsPerMinute, low.Server.RequestsPerMinutePerPeer, low.Server.RequestsPerMinutePerNetwork, low.Server.DialsElsewherePerMinute) = (0, 0, 0, 0);
        (low.Server.MaxConcurrentDials, low.Server.MaxConcurrentDialsPerNetwork, low.Server.MaxAddresses) = (0, 0, 65);
        (low.Server.MinDialData, low.Server.MaxDialData) = (29_999, 200_001);
        (low.Server.MaxDialDelay, low.Server.ReadTimeout, low.Server.DialTimeout, low.Server.DialBackTimeout) =
            (TimeSpan.FromSeconds(11), TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
        Assert.Equal(
            [
                "NetworksToConfirm", "NetworksToRefute", "ResultLifetime", "RecheckInterval", "AskInterval", "ServerPause", "ServerBackoff", "MaxConcurrentRequests",
                "RequestTimeout", "MaxDialDataSent", "Server.RequestsPerMinute", "Server.RequestsPerMinutePerPeer", "Server.RequestsPerMinutePerNetwork",
                "Server.DialsElsewherePerMinute", "Server.MaxConcurrentDials", "Server.MaxConcurrentDialsPerNetwork", "Server.MaxAddresses", "Server.MinDialData",
                "Server.MaxDialData", "Server.MaxDialDelay", "Server.ReadTimeout", "Server.DialTimeout", "Server.DialBackTimeout",
            ],
            low.Validate().Select(f => f.Split(' ')[0]));
        Assert.Empty(new AutoNatOptions { NetworksToConfirm = 64, ServerPause = TimeSpan.Zero, MaxDialDataSent = 0, MaxConcurrentRequests = 32 }.Validate());
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
