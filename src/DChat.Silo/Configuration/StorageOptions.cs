using DChat.Core;

namespace DChat.Silo.Configuration;

/// <summary>Where what the silos keep is kept. Section <c>DChat:Storage</c>. The same on every silo of a cluster.</summary>
[OptionSection("DChat:Storage")]
internal sealed class StorageOptions
{
    /// <summary>Who keeps grain state. Default <see cref="Provider.Local"/>: a SQLite file in the data directory.</summary>
    [Option("who keeps grain state: a file in the data directory, the blobs of DChat:Azure or the server of DChat:Redis; messages stay in the data directory", Switch = "--state")]
    public Provider State { get; set; } = Provider.Local;

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">An option is out of its range (<c>options-invalid</c>); the message names it.</exception>
    public void Validate() => OptionRules.Require(Enum.IsDefined(State), this, nameof(State));
}
