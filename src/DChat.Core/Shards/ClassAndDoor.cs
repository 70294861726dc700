using DChat.Core.Envelopes;

namespace DChat.Core.Shards;

/// <summary>The retention class and the door of a message in one byte: class in the low four bits, door in the high.</summary>
public readonly record struct ClassAndDoor(byte Value)
{
    private const int DoorShift = 4;
    private const int ClassMask = (1 << DoorShift) - 1;

    /// <summary>Packs the two.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One of them is not a value of its enumeration.</exception>
    public ClassAndDoor(RetentionClass retention, Door door)
        : this((byte)((byte)retention | ((byte)door << DoorShift)))
    {
        RetentionClasses.ThrowIfUnknown(retention);
        if (!Enum.IsDefined(door))
        {
            throw new ArgumentOutOfRangeException(nameof(door), door, "Not a door.");
        }
    }

    /// <summary>The retention class.</summary>
    public RetentionClass Class => (RetentionClass)(Value & ClassMask);

    /// <summary>The door it came in by.</summary>
    public Door Door => (Door)(Value >> DoorShift);
}
