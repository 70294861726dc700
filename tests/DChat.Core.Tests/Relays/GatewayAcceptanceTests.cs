using DChat.Core.Envelopes;
using DChat.Core.Merkle;
using DChat.Core.Relays;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Core.Wire;
using Google.Protobuf;

namespace DChat.Core.Tests.Relays;

public sealed class GatewayAcceptanceTests : IDisposable
{
    private static readonly MessageId[] Messages = [.. Enumerable.Range(1, 3).Select(i => MessageId.Compute(Given.Envelope((ulong)i)))];

    private readonly GatewayKey _key = GatewayKey.FromSeed(Given.Bytes(32, 5));

    public void Dispose() => _key.Dispose();

    [Fact]
    public void What_is_signed_is_what_is_read()
    {
        var acceptance = Acceptance();

        Assert.Equal(acceptance, GatewayAcceptance.TryVerify(acceptance.Sign(_key)));
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
    public void Any_changed_byte_spoils_it()
    {
        var bytes = Acceptance().Sign(_key).ToByteArray();
        for (var i = 0; i < bytes.Length; i++)
        {
            var changed = bytes.ToArray();
            changed[i] ^= 1;
            Assert.Null(TryVerify(changed));
        }
    }

    [Fact]
    public void Another_gateways_signature_is_worth_nothing()
    {
        using var other = GatewayKey.FromSeed(Given.Bytes(32, 6));

        Assert.Null(GatewayAcceptance.TryVerify(Acceptance().Sign(other)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(EnvelopeBatch.MaxCount + 1)]
    public void A_count_beyond_a_batch_is_refused_even_if_it_is_signed(int count) =>
        Assert.Null(GatewayAcceptance.TryVerify((Acceptance() with { Count = count }).Sign(_key)));

    [Fact]
    public void An_acceptance_beyond_its_longest_is_refused_even_if_it_is_signed()
    {
        var acceptance = Acceptance().Sign(_key);
        var padding = new byte[GatewayAcceptance.MaxLength + 1 - acceptance.Acceptance.Length];
        padding[0] = 0xfa;
        padding[1] = 0x01;
        padding[2] = (byte)(padding.Length - 3);
        var padded = acceptance.Acceptance.ToByteArray().Concat(padding).ToArray();
        var signature = _key.Sign("DCHAT-ACCEPTANCE-V1\0"u8, padded);
        var atLimit = padded[..^1];
        atLimit[^(padding.Length - 3)]--;

        Assert.Null(GatewayAcceptance.TryVerify(Signed(padded, signature)));
        Assert.NotNull(GatewayAcceptance.TryVerify(Signed(atLimit, _key.Sign("DCHAT-ACCEPTANCE-V1\0"u8, atLimit))));
    }

    [Fact]
    public void A_signature_of_another_length_is_refused()
    {
        var acceptance = Acceptance().Sign(_key);
        acceptance.Signature = ByteString.CopyFrom(new byte[63]);

        Assert.Null(GatewayAcceptance.TryVerify(acceptance));
    }

    private static SignedAcceptance Signed(byte[] acceptance, byte[] signature) =>
        new() { Acceptance = ByteString.CopyFrom(acceptance), Signature = ByteString.CopyFrom(signature) };

    private static GatewayAcceptance? TryVerify(byte[] bytes)
    {
        try
        {
            return GatewayAcceptance.TryVerify(SignedAcceptance.Parser.ParseFrom(bytes));
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private GatewayAcceptance Acceptance() => new()
    {
        Network = Given.Network,
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
