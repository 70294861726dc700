namespace DChat.Core;

/// <summary>Where in a silo's configuration the options of a class stand.</summary>
/// <param name="path">The section, such as <c>DChat:Log</c>.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OptionSectionAttribute(string path) : Attribute
{
    /// <summary>The section.</summary>
    public string Path { get; } = path;
}
