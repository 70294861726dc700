using DChat.Core;

namespace DChat.Silo.Configuration;

/// <summary>Where what the silos keep is kept. Section <c>DChat:Storage</c>. The same on every silo of a cluster.</summary>
[OptionSection("DChat:Storage")]
internal sealed class StorageOptions
{
    /// <summary>Who keeps grain state. Default <see cref="Provider.Local"/>: a SQLite file in the data directory.</summary>
    [Option("who keeps grain state: a file in the data directory, the blobs of DChat:Azure or the server of DChat:Redis", Switch = "--state")]
    public Provider State { get; set; } = Provider.Local;

    /// <summary>Who keeps messages. Default <see cref="LogProvider.Local"/>: files in the data directory of the one core.</summary>
    [Option("who keeps messages: files in the data directory of the one core, or the blobs of DChat:Azure, and then a cluster can have several cores", Switch = "--log")]
    public LogProvider Log { get; set; } = LogProvider.Local;

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">An option is out of its range (<c>options-invalid</c>); the message names it.</exception>
    public void Validate()
    {
        OptionRules.Require(Enum.IsDefined(State), this, nameof(State));
        OptionRules.Require(Enum.IsDefined(Log), this, nameof(Log));
    }
}
