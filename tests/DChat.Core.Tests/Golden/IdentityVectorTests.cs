using System.Buffers.Binary;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Statements;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Golden;

/// <summary>The entries of <c>identity.txt</c>, made by an independent implementation: written to the byte, and read as what they say.</summary>
public sealed class IdentityVectorTests : IDisposable
{
    private readonly GoldenVector _vector = GoldenVector.Load("identity.txt");
    private readonly DeviceSecret _device;
    private readonly DeviceSecret _other;
    private readonly SigningKey _recovery;

    public IdentityVectorTests()
    {
        _device = DeviceSecret.FromSeed(_vector.Bytes("device-seed"));
        _other = DeviceSecret.FromSeed(_vector.Bytes("other-seed"));
        _recovery = SigningKey.FromSeed(_vector.Bytes("recovery-seed"));
    }

    private string Network => _vector.Text("network");

    private IdentityId Identity => IdentityId.Parse(_vector.Text("identity"));

    public void Dispose()
    {
        _device.Dispose();
        _other.Dispose();
        _recovery.Dispose();
    }

    [Fact]
    public void Box_keys_entries_requests_and_texts_are_written_to_the_byte()
    {
        var salt = BinaryPrimitives.ReadUInt128BigEndian(Enumerable.Range(0, 16).Select(i => (byte)i).ToArray());
        var first = new DeviceLogEntry { Sequence = 1, Signer = _device.PublicKey.Value, First = new FirstDevice(_device.Box, _recovery.PublicKey, salt) };
        var request = DeviceLogSigner.Request(Network, _other, Identity);
        var log = DeviceLog.Of(Network, Identity, [Read("first")]);

        Assert.Equal(_vector.Text("box-key"), _device.Box.ToString());
        Assert.Equal(_vector.Text("other-box-key"), _other.Box.ToString());
        Assert.Equal(_vector.Bytes("first"), _device.Sign(Network, first).Encode());
        Assert.Equal(_vector.Bytes("request"), request.Encode());
        Assert.Equal(_vector.Text("request-text"), DeviceRequestText.Create(request));
        Assert.Equal(_vector.Text("recovery-text"), RecoveryKeyText.Create(_recovery));
        Assert.Equal(_vector.Bytes("add"), DeviceLogSigner.Of(_device).Add(log, request).Encode());
    }

    [Fact]
    public void The_log_says_what_its_entries_say()
    {
        var log = DeviceLog.Of(Network, Identity, [Read("first"), Read("add")]);
        Assert.Equal([_device.PublicKey, _other.PublicKey], log.View.ActiveDevices.Select(device => device.Device));
        Assert.Equal(_vector.Text("add-id"), log.View.HeadId.ToString());
        Assert.Equal(_recovery.PublicKey, log.View.Recovery);

        Assert.Equal(DeviceLogOutcome.Kept, log.Apply(Read("revoke")));
        var topic = Topic.Private(Network, _vector.Text("topic-name"), _vector.Bytes("topic-secret"));
        var (author, generation, last) = (AuthorKey.Parse(_vector.Text("author-key")), (uint)_vector.Number("key-generation"), _vector.Number("last-sequence"));
        Assert.Equal(MessageStanding.Valid, log.View.Judge(topic, _other.PublicKey, author, generation, last));
        Assert.Equal(MessageStanding.Revoked, log.View.Judge(topic, _other.PublicKey, author, generation, last + 1));
    }

    [Fact]
    public void An_entry_that_merges_is_read_in_its_one_form()
    {
        var settle = Read("settle").Statement;

        Assert.Equal(DeviceEntryKind.Settle, settle.Kind);
        Assert.Equal(300ul, settle.Sequence);
        Assert.Equal(2, settle.Merged.Count);
    }

    private Signed<DeviceLogEntry> Read(string name)
    {
        Assert.Equal(StatementFault.None, Signed<DeviceLogEntry>.TryRead(_vector.Bytes(name), Network, out var entry));
        return entry!;
    }
}
