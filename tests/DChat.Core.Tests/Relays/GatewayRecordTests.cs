using DChat.Core.Keys;
using DChat.Core.Relays;
using DChat.Core.Statements;
using DChat.Core.Tests.Statements;
using DChat.Core.Wire;
using Google.Protobuf;

namespace DChat.Core.Tests.Relays;

public sealed class GatewayRecordTests : IDisposable
{
    private const string Label = "DCHAT-GATEWAY-RECORD-V1";

    private static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly SigningKey _gateway = SigningKey.FromSeed(Given.Bytes(32, 7));
    private readonly SigningKey _relay = SigningKey.FromSeed(Given.Bytes(32, 8));

    public void Dispose()
    {
        _gateway.Dispose();
        _relay.Dispose();
    }

    [Fact]
    public void What_is_signed_is_what_is_read()
    {
        var bytes = Sign(Record()).Encode();

        Assert.Equal(StatementFault.None, Signed<GatewayRecord>.TryRead(bytes, Given.Network, out var read));
        Assert.Equal(GatewayRecordFault.None, read!.Statement.FaultAt(Given.Network, Start, out var relay));
        Assert.Equal(new RelayId(_relay.PublicKey), relay);
        Assert.Equal(Record().Encode(), read.Statement.Encode());
        Assert.Equal(Notary.Sign(_gateway, Label, Given.Network, Record().Encode()).ToByteArray(), bytes);
    }

    [Fact]
    public void Only_the_gateway_it_names_can_sign_it()
    {
        Assert.Throws<ArgumentException>(() => Signed<GatewayRecord>.Sign(Given.Network, Record(), _relay));
        Assert.Equal(StatementFault.BadSignature, Verify(Notary.Sign(_relay, Label, Given.Network, Record().Encode())));
    }

    [Fact]
    public void It_is_worth_nothing_in_another_network()
    {
        Signed<GatewayRecord>.TryRead(Sign(Record()).Encode(), Given.Network, out var read);

        Assert.Equal(StatementFault.WrongNetwork, Signed<GatewayRecord>.TryRead(Sign(Record()).Encode(), "other-network", out _));
        Assert.Equal(GatewayRecordFault.NotDelegated, read!.Statement.FaultAt("other-network", Start, out _));
    }

    [Fact]
    public void It_holds_until_its_last_millisecond_and_two_minutes_ahead()
    {
        Assert.Equal(GatewayRecordFault.None, FaultAt(Record(), Start.AddHours(48)));
        Assert.Equal(GatewayRecordFault.Expired, FaultAt(Record(), Start.AddHours(48).AddMilliseconds(1)));
        Assert.Equal(GatewayRecordFault.None, FaultAt(Record(), Start - GatewayRecord.MaxAhead));
        Assert.Equal(GatewayRecordFault.Ahead, FaultAt(Record(), (Start - GatewayRecord.MaxAhead).AddMilliseconds(-1)));
    }

    [Fact]
    public void A_delegation_that_is_forged_of_another_gateway_or_over_speaks_for_nobody()
    {
        using var stranger = SigningKey.FromSeed(Given.Bytes(32, 9));
        var forged = Delegation().Message.Clone();
        forged.Signature = ByteString.CopyFrom(new byte[64]);

        Assert.Equal(GatewayRecordFault.NotDelegated, FaultAt(Record() with { Delegation = forged }, Start));
        Assert.Equal(GatewayRecordFault.NotDelegated, FaultAt(Record() with { Delegation = Delegation(stranger.PublicKey).Message }, Start));
        Assert.Equal(GatewayRecordFault.NotDelegated, FaultAt(Record() with { Delegation = Delegation(until: Start).Message }, Start.AddMilliseconds(1)));
    }

    [Fact]
    public void A_record_at_a_limit_is_taken_and_one_beyond_is_not()
    {
        var many = Enumerable.Repeat<ReadOnlyMemory<byte>>(Given.Bytes(150, 1), GatewayRecord.MaxAddresses).ToArray();

        Assert.Equal(StatementFault.None, Change(_ => { }));
        Assert.Equal(GatewayRecord.MaxAddresses, Sign(Record() with { Addresses = many }).Statement.Addresses.Count);
        Assert.Throws<ArgumentException>(() => Sign(Record() with { Addresses = [.. many, many[0]] }));
        Assert.Throws<ArgumentException>(() => Sign(Record() with { Addresses = [] }));
        Assert.Equal(256, Sign(Record() with { Addresses = [Given.Bytes(256, 1)] }).Statement.Addresses[0].Length);
        Assert.Throws<ArgumentException>(() => Sign(Record() with { Addresses = [Given.Bytes(257, 1)] }));
        Assert.Throws<ArgumentException>(() => Sign(Record() with { Addresses = [ReadOnlyMemory<byte>.Empty] }));
        Assert.Throws<ArgumentException>(() => Sign(Record() with { NotAfter = Start.AddHours(48).AddMilliseconds(1) }));
        Assert.Throws<ArgumentException>(() => Sign(Record() with { NotAfter = Start }));
        Assert.Equal(StatementFault.Malformed, Change(raw => raw.NotAfterMs = raw.Sequence = ulong.MaxValue));
        Assert.Equal(StatementFault.Malformed, Change(raw => raw.GatewayKey = ByteString.CopyFrom(new byte[31])));
        Assert.Equal(StatementFault.Malformed, Change(raw => raw.Delegation = null));
    }

    private static StatementFault Verify(SignedStatement message) => Signed<GatewayRecord>.TryVerify(message, Given.Network, out _);

    private static GatewayRecordFault FaultAt(GatewayRecord record, DateTimeOffset time) => record.FaultAt(Given.Network, time, out _);

    private StatementFault Change(Action<DChat.Core.Wire.Record> change)
    {
        var raw = DChat.Core.Wire.Record.Parser.ParseFrom(Record().Encode());
        change(raw);
        return Verify(Notary.Sign(_gateway, Label, Given.Network, raw.ToByteArray()));
    }

    private Signed<GatewayRecord> Sign(GatewayRecord record) => Signed<GatewayRecord>.Sign(Given.Network, record, _gateway);

    private Signed<GatewayDelegation> Delegation(Bytes32? gateway = null, DateTimeOffset? until = null) => Signed<GatewayDelegation>.Sign(
        Given.Network,
        new GatewayDelegation
        {
            Relay = new RelayId(_relay.PublicKey),
            Gateway = gateway ?? _gateway.PublicKey,
            NotBefore = Start.AddDays(-1),
            NotAfter = until ?? Start.AddDays(365),
        },
        _relay);

    private GatewayRecord Record() => new()
    {
        Gateway = _gateway.PublicKey,
        Delegation = Delegation().Message,
        MadeAt = Start,
        NotAfter = Start.AddHours(48),
        Addresses = [Given.Bytes(8, 1), Given.Bytes(20, 2)],
    };
}
