using DChat.Core.Envelopes;
using DChat.Core.Keys;
using DChat.Core.Merkle;
using DChat.Core.Relays;
using DChat.Core.Shards;
using DChat.Core.Statements;
using DChat.Core.Tests.Statements;
using DChat.Core.Topics;
using DChat.Core.Wire;
using Google.Protobuf;

namespace DChat.Core.Tests.Relays;

public sealed class GatewayAcceptanceTests : IDisposable
{
    private const string Label = "DCHAT-ACCEPTANCE-V1";

    private static readonly MessageId[] Messages = [.. Enumerable.Range(1, 3).Select(i => MessageId.Compute(Given.Envelope((ulong)i)))];

    private readonly SigningKey _key = SigningKey.FromSeed(Given.Bytes(32, 5));

    public void Dispose() => _key.Dispose();

    [Fact]
    public void What_is_signed_is_what_is_read()
    {
        var message = Signed<GatewayAcceptance>.Sign(Given.Network, Acceptance(), _key).Message;

        Assert.Equal(StatementFault.None, Signed<GatewayAcceptance>.TryVerify(message, Given.Network, out var read));
        Assert.Equal(Acceptance(), read!.Statement);
        Assert.Equal(Notary.Sign(_key, Label, Given.Network, Acceptance().Encode()), message);
    }

    [Fact]
    public void It_promises_the_messages_in_their_order()
    {
        var root = new MerkleRoot();
        foreach (var message in Messages)
        {
            root.Add(message.Value.ToArray());
        }

        Assert.Equal(root.Compute(), GatewayAcceptance.RootOf(Messages));
        Assert.NotEqual(root.Compute(), GatewayAcceptance.RootOf(Messages.Reverse()));
    }

    [Fact]
    public void The_last_epoch_is_two_hours_after_the_present_one()
    {
        var hour = DateTimeOffset.UnixEpoch.AddHours(1000);

        Assert.Equal(1002UL, GatewayAcceptance.IncludeBy(hour));
        Assert.Equal(1002UL, GatewayAcceptance.IncludeBy(hour.AddHours(1).AddMilliseconds(-1)));
        Assert.Equal(1003UL, GatewayAcceptance.IncludeBy(hour.AddHours(1)));
    }

    [Fact]
    public void Another_gateways_signature_is_worth_nothing()
    {
        using var other = SigningKey.FromSeed(Given.Bytes(32, 6));

        Assert.Throws<ArgumentException>(() => Signed<GatewayAcceptance>.Sign(Given.Network, Acceptance(), other));
        Assert.Equal(StatementFault.BadSignature, Verify(Notary.Sign(other, Label, Given.Network, Acceptance().Encode())));
    }

    [Theory]
    [InlineData(0, StatementFault.Malformed)]
    [InlineData(1, StatementFault.None)]
    [InlineData(EnvelopeBatch.MaxCount, StatementFault.None)]
    [InlineData(EnvelopeBatch.MaxCount + 1, StatementFault.Malformed)]
    public void A_count_beyond_a_batch_is_refused_even_if_it_is_signed(int count, StatementFault expected) =>
        Assert.Equal(expected, Change(raw => raw.Count = (uint)count));

    [Fact]
    public void Ids_of_another_length_shards_and_times_beyond_their_range_are_refused_even_if_they_are_signed()
    {
        Assert.Equal(StatementFault.None, Change(raw => raw.Shard = (1 << ShardId.MaxBits) - 1));
        Assert.Equal(StatementFault.Malformed, Change(raw => raw.Shard = 1 << ShardId.MaxBits));
        Assert.Equal(StatementFault.Malformed, Change(raw => raw.Log = ByteString.CopyFrom(new byte[15])));
        Assert.Equal(StatementFault.Malformed, Change(raw => raw.RelayId = ByteString.CopyFrom(new byte[31])));
        Assert.Equal(StatementFault.Malformed, Change(raw => raw.GatewayKey = ByteString.Empty));
        Assert.Equal(StatementFault.Malformed, Change(raw => raw.Root = ByteString.CopyFrom(new byte[33])));
        Assert.Equal(StatementFault.Malformed, Change(raw => raw.AcceptedAtMs = ulong.MaxValue));
        Assert.Equal(StatementFault.Malformed, Verify(Notary.Sign(_key, Label, Given.Network, [.. Acceptance().Encode(), 0x78, 1])));
    }

    private static StatementFault Verify(SignedStatement message) =>
        Signed<GatewayAcceptance>.TryVerify(message, Given.Network, out _);

    private StatementFault Change(Action<Acceptance> change)
    {
        var raw = DChat.Core.Wire.Acceptance.Parser.ParseFrom(Acceptance().Encode());
        change(raw);
        return Verify(Notary.Sign(_key, Label, Given.Network, raw.ToByteArray()));
    }

    private GatewayAcceptance Acceptance() => new()
    {
        Relay = new RelayId(new Bytes32(Given.Bytes(32, 9))),
        Gateway = _key.PublicKey,
        Shard = new ShardId(3),
        Log = new LogId(new Guid(Given.Bytes(16, 4))),
        Count = Messages.Length,
        Root = GatewayAcceptance.RootOf(Messages),
        AcceptedAt = Given.Now,
        IncludeByEpoch = GatewayAcceptance.IncludeBy(Given.Now),
    };
}
